// The timeline: the run's kept frames along the logarithm of the digits seen, with loss and test
// accuracy behind them. Where its handle stands, all that follows the stream shows that moment.

const TALL = 64, EDGE = 12; // pixels
const REST = 250; // milliseconds: a handle that has not moved for so long rests
const GROW = 2000; // milliseconds between two looks for frames of a run that still learns
const SPEEDS = [5, 10, 20, 40]; // frames a second

export default function (component) {
  return mount(component, (parent, { setStateValue }) => {
    const canvas = parent.querySelector("canvas"), said = parent.querySelector("output");
    const play = parent.querySelector("[name=play]"), loop = parent.querySelector("[name=loop]");
    const speed = parent.querySelector("[name=speed]");
    let stream = null, asked = null, playing = 0, resting = null, growing = null, live = true, state = "", drawn = "", told, first = true;

    // Where a number of digits seen stands, in pixels; the untrained network one digit left of all.
    function scale() {
      const { film } = stream, end = Math.max(2, film.at(-1)?.frame.samples_seen ?? stream.status?.samples_seen ?? 2);
      const start = Math.max(1, (film[1]?.frame.samples_seen ?? 1) / 2), width = canvas.clientWidth - 2 * EDGE;
      return (samples_seen) => EDGE + (width * Math.log(Math.max(samples_seen, start) / start)) / Math.log(end / start || 2);
    }

    const active = () => ["queued", "running"].includes(stream.status?.state);
    const index = () => (stream.past ? stream.film.indexOf(stream.past) : stream.film.length - 1);

    // At its right end the timeline follows the run.
    function go(n) {
      const { film } = stream;
      if (!film.length) return;
      n = Math.max(0, Math.min(film.length - 1, n));
      stream.seek(n === film.length - 1 ? null : film[n]);
      clearTimeout(resting);
      resting = setTimeout(tell, REST);
    }

    function tell() {
      const step = stream.past?.frame.step ?? null;
      if (step === told || playing) return;
      told = step;
      setStateValue("step", step);
    }

    function draw() {
      if (!stream || !canvas.clientWidth) return;
      const theme = colors(canvas), ratio = devicePixelRatio || 1, width = canvas.clientWidth;
      const { film, epochs } = stream, at = index(), now = film[at];
      const key = [width, ratio, film.length, at, epochs.length, theme.text, stream.frame?.step].join();
      if (key === drawn) return;
      drawn = key;
      canvas.width = width * ratio;
      canvas.height = TALL * ratio;
      const brush = canvas.getContext("2d"), x = scale();
      brush.scale(ratio, ratio);
      const base = TALL - 16, { samples_seen, smooth } = stream;
      if (samples_seen.length) {
        const most = Math.max(...smooth.slice(0, 50));
        brush.beginPath();
        samples_seen.forEach((n, i) => brush[i ? "lineTo" : "moveTo"](x(n), base - (base - 8) * Math.min(1, smooth[i] / most)));
        brush.strokeStyle = theme.accent;
        brush.globalAlpha = 0.45;
        brush.stroke();
        brush.globalAlpha = 1;
      }
      const accuracy = epochs.filter((e) => e.test_accuracy !== null);
      if (accuracy.length) {
        // Errors on a logarithmic scale: from 90 to 99 % is as far as from 0 to 90 %.
        const high = (e) => base - 4 - (base - 10) * Math.min(1, -Math.log10(Math.max(1 - e.test_accuracy, 0.005)) / 2.3);
        brush.beginPath();
        accuracy.forEach((e, i) => brush[i ? "lineTo" : "moveTo"](x(e.samples_seen), high(e)));
        brush.strokeStyle = theme.positive;
        brush.lineWidth = 1.5;
        brush.globalAlpha = 0.6;
        brush.stroke();
        for (const e of accuracy) brush.fillRect(x(e.samples_seen) - 1, high(e) - 1, 2, 2);
        brush.globalAlpha = 1;
      }
      brush.fillStyle = theme.border;
      brush.fillRect(EDGE, base, width - 2 * EDGE, 1);
      brush.fillStyle = theme.text;
      brush.globalAlpha = 0.4;
      for (const { frame } of film) brush.fillRect(x(frame.samples_seen) - 0.5, base - 3, 1, 6);
      brush.globalAlpha = 1;
      brush.font = `11px ${theme.font}`;
      const labels = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7].filter((n) => x(n) > EDGE + 20 && x(n) < width - EDGE - 20);
      brush.textAlign = "center";
      brush.globalAlpha = 0.7;
      for (const n of labels) brush.fillText(new Intl.NumberFormat("en", { notation: "compact" }).format(n), x(n), TALL - 2);
      brush.globalAlpha = 1;
      if (now) {
        brush.fillStyle = theme.accent;
        brush.fillRect(x(now.frame.samples_seen) - 1, 2, 2, base);
        brush.beginPath();
        brush.arc(x(now.frame.samples_seen), base, 7, 0, 2 * Math.PI);
        brush.fill();
      }
      describe(at);
    }

    function describe(at) {
      const { film, status } = stream, frame = stream.frame;
      canvas.setAttribute("aria-valuemax", Math.max(0, film.length - 1));
      canvas.setAttribute("aria-valuenow", Math.max(0, at));
      let text = frame ? (frame.step ? `after ${prettyCount.format(frame.samples_seen)} digits` : "before learning") : "";
      if (frame && !stream.past && active()) text += ", live";
      const before = stream.epochs.filter((e) => e.step <= (frame?.step ?? 0)).at(-1);
      if (before?.test_accuracy) text += ` · ${(100 * before.test_accuracy).toFixed(1)} % of the test digits, after epoch ${before.epoch}`;
      else if (frame?.loss != null) text += ` · loss ${frame.loss.toFixed(2)}`;
      canvas.setAttribute("aria-valuetext", text);
      said.textContent = text;
      canvas.dataset.frames = film.length;
    }

    function tick(now) {
      if (!playing) return;
      if (now >= playing) {
        const last = stream.film.length - 1, at = index();
        if (at >= last && !loop.checked) return stop();
        go(at >= last ? 0 : at + 1);
        playing = now + 1000 / SPEEDS[speed.value];
      }
      requestAnimationFrame(tick);
    }

    function stop() {
      playing = 0;
      play.setAttribute("aria-pressed", "false");
      play.textContent = "Play";
      clearTimeout(resting);
      resting = setTimeout(tell, REST);
    }

    play.onclick = () => {
      if (playing) return stop();
      if (!stream?.film.length) return;
      play.setAttribute("aria-pressed", "true");
      play.textContent = "Hold";
      if (!stream.past) go(0);
      playing = performance.now() + 1000 / SPEEDS[speed.value];
      requestAnimationFrame(tick);
    };

    function drag(event) {
      if (!stream?.film.length || !(event.buttons & 1)) return;
      if (event.type === "pointerdown") canvas.setPointerCapture(event.pointerId);
      if (playing) stop();
      const to = event.clientX - canvas.getBoundingClientRect().left, x = scale();
      const away = stream.film.map(({ frame }) => Math.abs(x(frame.samples_seen) - to));
      go(away.indexOf(Math.min(...away)));
    }
    canvas.onpointerdown = canvas.onpointermove = drag;

    canvas.onkeydown = (event) => {
      const to = { ArrowLeft: index() - 1, ArrowDown: index() - 1, ArrowRight: index() + 1, ArrowUp: index() + 1, Home: 0, End: stream?.film.length, PageUp: index() + 10, PageDown: index() - 10 }[event.key];
      if (event.key === " ") play.click();
      else if (to !== undefined && stream) go(to);
      else return;
      event.preventDefault();
    };

    // More frames while it learns, and those of its end.
    function grow() {
      clearTimeout(growing);
      growing = null;
      const { film, status } = stream;
      const due = status.state !== "queued" && film.at(-1)?.frame.step !== status.step;
      parent.querySelector(".timeline").hidden = active() && !live;
      if (active() && !live) return stream.seek(null);
      if (due) stream.load();
      if (active()) growing = setTimeout(grow, GROW);
    }

    // Once, to where the address points.
    function arrive() {
      if (!first || !stream.film.length) return;
      if (asked === null) return void (first = false);
      const found = stream.film.find(({ frame }) => frame.step === asked);
      if (found || !stream.loading) first = false;
      if (found) {
        told = asked;
        // While it loads, what comes after this moment may not be there yet.
        stream.seek(found === stream.film.at(-1) && !stream.loading ? null : found);
      }
    }

    const resized = new ResizeObserver(draw);
    resized.observe(canvas);
    return {
      data(d) {
        if (first) asked = d.step;
        live = d.live;
        draw();
      },
      show(news) {
        if (stream !== news) {
          stream = news;
          first = true;
          drawn = "";
          if (playing) stop();
        }
        const now = [stream.run, stream.status?.state, stream.status?.step].join();
        if (stream.status && state !== now && (!growing || !active())) grow();
        state = now;
        arrive();
        draw();
      },
      end() {
        playing = 0;
        clearTimeout(growing);
        clearTimeout(resting);
        resized.disconnect();
        stream?.seek(null);
      },
    };
  });
}
