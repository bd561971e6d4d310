// Loss and accuracy while they come in: a Plotly figure extended in place, at most four times a
// second, so that zoom and hover survive.

const INTERVAL = 250; // milliseconds
const NOTHING = { samples_seen: [], loss: [], smooth: [], epochs: [] };

export default function (component) {
  return mount(component, (parent) => {
    const place = parent.querySelector(".plot"), moment = parent.querySelector(".moment");
    const along = parent.querySelector("[name=along]"), log = parent.querySelector("[name=log]");
    let library = null, latest = null, timer = null, themed = "";
    let shown = {}; // what of the stream stands in the figure

    // Where on the x-axis something stands that happened after so many digits.
    const AXES = {
      samples_seen: ["digits seen", (samples_seen) => samples_seen],
      epochs: ["epochs", (samples_seen) => (samples_seen * latest.status.epochs) / whole()],
      seconds: ["seconds of training", seconds],
    };

    // Digits in the whole run; an epoch has as many as the next.
    function whole() {
      const { epochs, status } = latest;
      return epochs.length ? (epochs[0].samples_seen / epochs[0].epoch) * status.epochs : (status.samples_seen / status.step) * status.steps;
    }

    // Known at each epoch's end and now; between two of these training went evenly.
    function seconds(samples_seen) {
      const marks = [{ samples_seen: 0, seconds: 0 }, ...latest.epochs, latest.status];
      const after = Math.max(1, marks.findIndex((mark) => mark.samples_seen >= samples_seen)), [a, b] = [marks[after - 1], marks[after]];
      return a.seconds + ((samples_seen - a.samples_seen) * (b.seconds - a.seconds)) / (b.samples_seen - a.samples_seen || 1);
    }

    // Each name stands once in the legend, for its loss and its accuracy together.
    const trace = (name, axis, line, more = {}) => ({
      x: [], y: [], name, legendgroup: name, yaxis: axis, type: "scatter", mode: "lines",
      line: { width: 2, ...line }, hovertemplate: "%{y:.3f}", ...more,
    });

    function layout(c, { samples_seen, epochs }) {
      const empty = !samples_seen.length;
      const axis = { gridcolor: c.panel, zeroline: false };
      return {
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: c.font, color: c.text, size: 12 },
        margin: { l: 60, r: 8, t: 24, b: 40 }, hovermode: "x unified", uirevision: shown.turn,
        legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
        xaxis: { ...axis, anchor: "y2", title: { text: AXES[along.value][0] }, rangemode: "tozero", ...(empty ? { range: [0, along.value === "samples_seen" ? 50000 : 10] } : { autorange: true }) },
        yaxis: { ...axis, domain: [0.56, 1], title: { text: "loss" }, ...(log.checked ? { type: "log", dtick: 1 } : { rangemode: "tozero" }), ...(empty ? { range: log.checked ? [-2, 0.4] : [0, 2.5] } : { autorange: true }) },
        yaxis2: { ...axis, domain: [0, 0.48], title: { text: "read right" }, tickformat: ".1~%", ...(epochs.length ? { autorange: true } : { range: [0, 1] }) },
      };
    }

    // What a figure is made for: with another one it begins again.
    const look = (c) => [c.text, c.background, along.value, log.checked].join();

    // Begin with all there is. Zoom is kept within a turn.
    function start(stream, turn) {
      const c = colors(place), { x, y } = columns(stream, 0, 0);
      themed = look(c);
      shown = { turn, samples_seen: stream.samples_seen };
      const held = { color: c.text, dash: "dot" };
      const right = { mode: "lines+markers", hovertemplate: "%{y:.2%}", showlegend: false };
      library.react(place, [
        trace("training", "y", { color: c.accent, width: 1 }, { opacity: 0.3, showlegend: false, hoverinfo: "skip" }),
        trace("training", "y", { color: c.accent }),
        trace("validation", "y", held, { mode: "lines+markers" }),
        trace("validation", "y2", held, right),
        trace("test", "y2", { color: c.positive }, { ...right, showlegend: true }),
      ].map((each, i) => ({ ...each, x: x[i], y: y[i] })),
      layout(c, stream), { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
      place.removeAllListeners("plotly_afterplot");
      place.on("plotly_afterplot", mark);
    }

    // What the five traces have from these points and epochs on.
    function columns({ samples_seen, loss, smooth, epochs }, points, ends) {
      const fresh = epochs.slice(ends), column = (key) => fresh.map((epoch) => epoch[key]);
      const [, x] = AXES[along.value], seen = samples_seen.slice(points).map(x), at = column("samples_seen").map(x);
      return {
        x: [seen, seen, at, at, at].map((each) => [...each]),
        y: [loss.slice(points), smooth.slice(points), column("val_loss"), column("val_accuracy"), column("test_accuracy")],
      };
    }

    function draw() {
      timer = null;
      if (!library || !latest) return;
      const { samples_seen, epochs } = latest;
      // A new connection brings new arrays; they, or the theme, begin a turn with axes of its own.
      const same = shown.samples_seen === samples_seen && themed === look(colors(place));
      // An axis gets its scale with its first value.
      if (!same || (!shown.points && samples_seen.length)) start(latest, (shown.turn ?? 0) + 1);
      else if (!shown.epochs && epochs.length) start(latest, shown.turn);
      else if (samples_seen.length > shown.points || epochs.length > shown.epochs)
        library.extendTraces(place, columns(latest, shown.points, shown.epochs), [0, 1, 2, 3, 4]);
      shown.points = samples_seen.length;
      shown.epochs = epochs.length;
      place.dataset.run = latest.run;
      place.dataset.points = samples_seen.length;
      place.dataset.epochs = epochs.length;
    }

    // Where on the curves the moment is that one looks at; beside the figure, which is slow to change.
    function mark() {
      const frame = latest?.past?.frame, axes = place._fullLayout;
      moment.hidden = !frame || !axes || shown.samples_seen !== latest.samples_seen;
      if (moment.hidden) return;
      const { _offset, _length, d2p } = axes.xaxis, at = d2p(AXES[along.value][1](frame.samples_seen));
      moment.hidden = at < 0 || at > _length; // zoomed away
      moment.style.left = `${_offset + at}px`;
      moment.style.top = `${axes.yaxis._offset}px`;
      moment.style.height = `${axes.yaxis2._offset + axes.yaxis2._length - axes.yaxis._offset}px`;
    }

    along.onchange = log.onchange = () => (latest ? draw() : library && start(NOTHING));
    return {
      data(d) {
        plotly(d.plotly).then(
          (loaded) => { if (!library) place.textContent = ""; library = loaded; if (latest) draw(); else start(NOTHING); },
          (error) => { place.textContent = error.message; },
        );
      },
      show(stream) {
        latest = stream;
        mark();
        timer ??= setTimeout(draw, INTERVAL);
      },
      end() {
        clearTimeout(timer);
        library?.purge(place);
      },
    };
  });
}
