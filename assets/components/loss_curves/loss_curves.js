// Loss and accuracy while they come in: a Plotly chart extended in place, at most four times a
// second, so that zoom and hover survive.

import { axisOptions, divergedRange, plotlyAxes, toAxis } from "../../lib/axes.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { CONFIG, downloadPng, loadPlotly, TRANSPARENT } from "../../lib/plotly.js";
import { themeOf } from "../../lib/theme.js";
import { isDrawn } from "./drawn_epochs.js";
import { inWords } from "./in_words.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Chart, Plotly } from "../../lib/plotly.js" */
/** @import { Epoch, Estimates, Points, Status, Stream } from "../../lib/stream.js" */
/** @import { Theme } from "../../lib/theme.js" */

const INTERVAL = 250; // milliseconds between two drawings
/** @type {{ points: Points, estimates: Estimates, epochs: Epoch[] }} */
const NOTHING = {
  points: { samples_seen: [], loss: [], smoothed: [] },
  estimates: { samples_seen: [], accuracy: [] },
  epochs: [],
};

/** @param {Call} call */
export default function lossCurves(call) {
  return mount(call, (parent, { guard }) => {
    const chart = /** @type {Chart} */ (find(parent, ".plot", HTMLElement));
    const marker = find(parent, ".marker", HTMLElement);
    const reset = find(parent, "[name=reset]", HTMLButtonElement);
    const save = find(parent, "[name=save]", HTMLButtonElement);

    /** @type {Plotly | null} */
    let plotly = null;
    /** @type {Stream | null} */
    let stream = null;
    /** @type {ReturnType<typeof setTimeout> | null} */
    let timer = null;
    let ended = false; // Plotly may still be loading then
    /** @type {{ samples?: number[], revision: number, points: number, estimates: number, epochs: number, look: string }} */
    let shown = { revision: 0, points: 0, estimates: 0, epochs: 0, look: "" }; // what the chart holds

    const options = axisOptions(parent, guard(() => draw()));

    /** Images seen → the value on the x-axis. @param {number} samples */
    function toX(samples) {
      if (!stream?.status) return samples;
      return toAxis(samples, options().axis, { epochs: stream.epochs, status: stream.status });
    }

    /**
     * A name stands in the legend once, for its loss and its accuracy together.
     *
     * @param {string} name
     * @param {string} yaxis
     * @param {object} line
     * @param {object} [more]
     */
    const trace = (name, yaxis, line, more = {}) => ({
      name,
      legendgroup: name,
      yaxis,
      type: "scatter",
      mode: "lines",
      line: { width: 2, ...line },
      hovertemplate: "%{y:.3f}",
      ...more,
    });

    /** @param {Theme} theme */
    function traces({ accent, text, positive }) {
      const validation = { color: text, dash: "dot" };
      const accuracy = { mode: "lines+markers", hovertemplate: "%{y:.2%}", showlegend: false };
      const batches = { opacity: 0.3, showlegend: false, hoverinfo: "skip" };
      const estimatedOn = stream?.status?.estimated_on ?? "validation";
      const estimate = {
        opacity: 0.55,
        hovertemplate: "about %{y:.0%} (± 2 points)",
        legendgroup: "estimate",
      };
      const ofEstimate = { color: estimatedOn === "validation" ? text : accent, width: 1.5 };
      return [
        trace("training", "y", { color: accent, width: 1 }, batches),
        trace("training", "y", { color: accent }),
        trace("validation", "y", validation, { mode: "lines+markers" }),
        trace(`${estimatedOn}, estimate ± 2 points`, "y2", ofEstimate, estimate),
        trace("training", "y2", { color: accent }, accuracy),
        trace("validation", "y2", validation, accuracy),
        trace("test", "y2", { color: positive }, { ...accuracy, showlegend: true }),
      ];
    }

    /**
     * @param {Theme} theme
     * @param {typeof NOTHING} curves
     */
    function layout(theme, { points }) {
      const { font, text } = theme, { axis, log, logX } = options();
      const { xaxis, yaxis, yaxis2 } = plotlyAxes(theme, { axis, log, logX });
      const isEmpty = !points.samples_seen.length;
      const emptyX = axis === "samples_seen" ? 50000 : 10;
      const emptyLoss = log ? [-2, 0.4] : [0, 2.5];
      /** @param {boolean} empty @param {number[]} range */
      const scale = (empty, range) => empty ? { range } : { autorange: true };
      const x = points.samples_seen.map(toX).at(-1) ?? 0;
      const divergence = {
        text: "diverged",
        x: logX ? Math.log10(x) : x,
        xref: "x",
        y: 1,
        yref: "y domain",
        ax: -40,
        ay: 14,
        font: { size: 12 },
      };
      return {
        ...TRANSPARENT,
        font: { family: font, color: text, size: 12 },
        margin: { l: 60, r: 8, t: 24, b: 40 },
        hovermode: "x unified",
        uirevision: shown.revision,
        legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
        xaxis: { ...xaxis, ...scale(isEmpty, logX ? [2, Math.log10(emptyX)] : [0, emptyX]) },
        yaxis: {
          ...yaxis,
          ...(hasDiverged() && !log
            ? { range: divergedRange(points.loss) }
            : scale(isEmpty, emptyLoss)),
        },
        yaxis2,
        annotations: hasDiverged() && !isEmpty ? [divergence] : [],
      };
    }

    const hasDiverged = () => stream?.status?.state === "diverged";

    /** What a chart is made for; for another look a new one is made. */
    function currentLook() {
      const { text, background } = themeOf(chart);
      return [text, background, ...Object.values(options()), hasDiverged()].join();
    }

    /**
     * Make the chart. Zoom is kept within a revision.
     *
     * @param {Plotly} plotly
     * @param {typeof NOTHING} curves
     * @param {number} revision
     */
    function create(plotly, curves, revision) {
      const theme = themeOf(chart), { x, y } = columns(curves, 0, 0, 0);
      shown = { ...shown, revision, samples: curves.points.samples_seen, look: currentLook() };
      const data = traces(theme).map((each, i) => ({ ...each, x: x[i], y: y[i] }));
      plotly.react(chart, data, layout(theme, curves), CONFIG);
      chart.removeAllListeners("plotly_afterplot");
      chart.on("plotly_afterplot", guard(placeMarker));
    }

    /**
     * The values of the traces, from these points, estimates and epochs on.
     *
     * @param {typeof NOTHING} curves
     * @param {number} firstPoint
     * @param {number} firstEstimate
     * @param {number} firstEpoch
     */
    function columns({ points, estimates, epochs }, firstPoint, firstEstimate, firstEpoch) {
      const newEpochs = epochs.slice(firstEpoch).filter(({ epoch }) => isDrawn(epoch));
      const batchX = points.samples_seen.slice(firstPoint).map(toX);
      const estimateX = estimates.samples_seen.slice(firstEstimate).map(toX);
      const epochX = newEpochs.map(({ samples_seen }) => toX(samples_seen));
      return {
        x: [batchX, [...batchX], epochX, estimateX, [...epochX], [...epochX], [...epochX]],
        y: [
          points.loss.slice(firstPoint),
          points.smoothed.slice(firstPoint),
          newEpochs.map((epoch) => epoch.val_loss),
          estimates.accuracy.slice(firstEstimate),
          newEpochs.map((epoch) => epoch.train_accuracy),
          newEpochs.map((epoch) => epoch.val_accuracy),
          newEpochs.map((epoch) => epoch.test_accuracy),
        ],
      };
    }

    function draw() {
      timer = null;
      if (!plotly) return;
      if (!stream) return create(plotly, NOTHING, shown.revision);
      const { points, estimates, epochs } = stream, { length } = points.samples_seen;
      const estimated = estimates.samples_seen.length;
      // A new connection brings new arrays; they, or another look, begin a new revision.
      const isSame = shown.samples === points.samples_seen && shown.look === currentLook();
      const isNew = length > shown.points || estimated > shown.estimates ||
        epochs.length > shown.epochs;
      // The x-axis and that of the loss get their scale with the first point.
      if (!isSame || (!shown.points && length)) create(plotly, stream, shown.revision + 1);
      else if (isNew) {
        const news = columns(stream, shown.points, shown.estimates, shown.epochs);
        plotly.extendTraces(chart, news, [...news.x.keys()]);
      }
      shown.points = length;
      shown.estimates = estimated;
      shown.epochs = epochs.length;
      chart.dataset.run = stream.run;
      chart.dataset.points = String(length);
      chart.dataset.estimates = String(estimated);
      chart.dataset.epochs = String(epochs.length);
      chart.setAttribute("aria-label", inWords(stream));
    }

    /** At the selected snapshot; not part of the chart, which is slow to change. */
    function placeMarker() {
      const snapshot = stream?.selected?.snapshot, axes = chart._fullLayout;
      marker.hidden = !snapshot || !axes || shown.samples !== stream?.points.samples_seen;
      if (!snapshot || marker.hidden) return;
      const { xaxis, yaxis, yaxis2 } = axes;
      const x = xaxis.d2p(toX(snapshot.samples_seen ?? 0));
      marker.hidden = !(x >= 0 && x <= xaxis._length); // zoomed away, or 0 on a logarithmic axis
      marker.style.left = `${xaxis._offset + x}px`;
      marker.style.top = `${yaxis._offset}px`;
      marker.style.height = `${yaxis2._offset + yaxis2._length - yaxis._offset}px`;
    }

    const drawSafely = guard(draw);
    const fail = guard((/** @type {unknown} */ error) => {
      throw error;
    });
    reset.onclick = guard(() => {
      if (plotly) create(plotly, stream ?? NOTHING, shown.revision + 1);
    });
    save.onclick = guard(() => {
      plotly && downloadPng(plotly, chart, "curves", themeOf(chart).background).catch(fail);
    });
    return {
      /** @param {{ run: string | null, plotly: string }} data */
      update(data) {
        if (!data.run && stream) {
          stream = null;
          shown = { revision: shown.revision + 1, points: 0, estimates: 0, epochs: 0, look: "" };
          marker.hidden = true;
          for (const name of ["run", "points", "estimates", "epochs"]) delete chart.dataset[name];
        }
        loadPlotly(data.plotly).then(
          guard((loaded) => {
            if (ended) return;
            plotly = loaded;
            draw();
          }),
          fail,
        );
      },
      show(news) {
        stream = news;
        placeMarker();
        timer ??= setTimeout(drawSafely, INTERVAL);
      },
      recolor: draw,
      end() {
        ended = true;
        clearTimeout(timer ?? undefined);
        plotly?.purge(chart);
        plotly = null;
      },
    };
  });
}
