// Loss and accuracy of many runs in one chart. Those that train are followed; the others are fetched,
// once each.

import { axisOptions, plotlyAxes } from "../../lib/axes.js";
import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { lift, liftsOn, observeLifted } from "../../lib/lifted.js";
import { formatPercent } from "../../lib/numbers.js";
import { picked } from "../../lib/picked.js";
import { CONFIG, downloadPng, loadPlotly, TRANSPARENT } from "../../lib/plotly.js";
import { remember } from "../../lib/remembered.js";
import { follow } from "../../lib/stream.js";
import { themeOf } from "../../lib/theme.js";
import { urlOf } from "../../lib/urls.js";
import { checkVersion } from "../../lib/version.js";
import { inWords, lastAccuracy } from "./in_words.js";
import { leavingText, lossRange } from "./loss_range.js";
import { unknown, withPicked } from "./picked_lines.js";
import { accuracySeries, lossSeries } from "./series.js";
import { BEST, isBest, plain, traces } from "./traces.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Chart, Plotly } from "../../lib/plotly.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { AccuracyOf, Curves, Fetched, LossOf } from "./series.js" */
/** @import { Line } from "./traces.js" */

const INTERVAL = 500; // milliseconds between two drawings while runs train
const WISH = { rate: 1000 / INTERVAL, tiles: 0, connections: false }; // of a run that trains
const RETRY = 2000; // milliseconds
const ENDED = ["finished", "stopped", "diverged", "failed", "interrupted"];
const MAX_FETCHED = 100; // runs of one request
const MIN_POINTS = 20, MAX_POINTS = 200, ALL_POINTS = 20_000; // of a curve; of all together
const MAX_AHEAD = 20; // runs that are drawn before the script knows them
/** Of a note in the chart of the loss. */
const AT_TOP = {
  xref: "x domain",
  x: 1,
  xanchor: "right",
  yref: "y domain",
  y: 1,
  yanchor: "top",
  showarrow: false,
};
const MAX_LEGEND = 24; // lines; of more, the legend names those that stand out

/** @param {Call} call */
export default function compareCurves(call) {
  return mount(call, (parent, { guard, setTriggerValue }) => {
    const chart = /** @type {Chart} */ (find(parent, ".plot", HTMLElement));
    const legend = find(parent, ".legend", HTMLElement);
    const lossChoice = find(parent, "[name=loss]", HTMLSelectElement);
    const accuracyChoice = find(parent, "[name=accuracy]", HTMLSelectElement);
    const everySeed = find(parent, "[name=seeds]", HTMLInputElement);
    const zoom = find(parent, "[name=zoom]", HTMLInputElement);
    const reset = find(parent, "[name=reset]", HTMLButtonElement);
    const save = find(parent, "[name=save]", HTMLButtonElement);
    remember(lossChoice, "digitscope-compare-loss");
    remember(accuracyChoice, "digitscope-compare-accuracy");
    remember(zoom, "digitscope-compare-zoom");
    remember(everySeed, "digitscope-compare-seeds");

    /** @type {Line[]} those of the script */
    let scriptLines = [];
    /** @type {Line[]} what is drawn: with what has been picked since */
    let lines = [];
    /** @type {string[]} */
    let palette = [];
    /** @type {Map<string, Curves>} */
    const curves = new Map();
    /** @type {Map<string, Fetched>} */
    const fetched = new Map();
    /** @type {Map<string, () => void>} what ends following each run that trains */
    const followed = new Map();
    /** @type {Set<string>} */
    const requested = new Set(), reported = new Set();
    /** @type {Plotly | null} */
    let plotly = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let retry;
    let drawn = "", news = 0; // what the chart was made of; how often curves changed
    let ended = false, revision = 0, plotlyPath = "", pinned = "", pointed = "", named = "";

    const axes = axisOptions(parent, guard(() => draw()));
    const runs = () => lines.flatMap((line) => line.runs);
    const lineOf = (/** @type {string} */ id) =>
      lines.find((line) => line.runs.some((run) => run.id === id)) ?? null;
    const liftedLine = () => lineOf(pointed) ?? lineOf(pinned);

    /** The runs that have been picked and are in no line of the script yet. */
    const ahead = () => {
      const ids = unknown(scriptLines, picked.get() ?? []);
      return ids.length > MAX_AHEAD ? [] : ids;
    };

    function arrange() {
      lines = withPicked(scriptLines, picked.get(), fetched, palette);
      find(parent, ".seeds", HTMLElement).hidden = !lines.some((line) => line.runs.length > 2);
      followRuns();
    }

    function draw() {
      clearTimeout(timer);
      timer = undefined;
      fillLegend();
      if (!plotly || ended) return;
      const theme = themeOf(chart), axisChoices = axes(), { font, text } = theme;
      if (!theme.panel) return; // not on the page yet
      const options = {
        ...axisChoices,
        loss: /** @type {LossOf} */ (lossChoice.value),
        accuracy: /** @type {AccuracyOf} */ (accuracyChoice.value),
        seeds: everySeed.checked,
        zoom: zoom.checked,
      };
      const shown = lines.map((
        line,
      ) => [line.name, line.color, line.runs, isBest(line, lines.length)]);
      const now = JSON.stringify([shown, liftedLine()?.name, options, theme, revision, news]);
      if (now === drawn) return; // what was picked is drawn already when the script knows it
      drawn = now;
      const data = traces(lines, curves, options, { text, gray: theme.neutral }, liftedLine());
      const { xaxis, yaxis, yaxis2 } = plotlyAxes(theme, axisChoices);
      const { range, leaving } = axisChoices.log
        ? { range: null, leaving: [] }
        : lossRange(knownLosses(options));
      const leavingWords = leavingText(leaving);
      const hasEpochs = runs().some(({ id }) => curves.get(id)?.epochs.length);
      plotly.react(chart, data, {
        ...TRANSPARENT,
        font: { family: font, color: text, size: 12 },
        margin: { l: 60, r: 8, t: 8, b: 40 },
        hovermode: "closest",
        uirevision: [revision, zoom.checked, ...Object.values(axisChoices)].join(),
        xaxis,
        yaxis: range ? { ...yaxis, range } : yaxis,
        yaxis2: zoom.checked && hasEpochs ? { ...yaxis2, range: zoomedRange(options) } : yaxis2,
        annotations: leavingWords
          ? [{ ...AT_TOP, text: plain(leavingWords), font: { size: 12, color: text } }]
          : [],
      }, CONFIG);
      chart.dataset.runs = String(runs().filter(({ id }) => curves.has(id)).length);
      chart.dataset.lines = String(data.length);
      chart.dataset.lifted = liftedLine()?.name ?? "";
      chart.setAttribute("aria-label", [inWords(lines, curves), leavingWords].join(" ").trim());
    }

    /** The losses that are drawn. @param {import("./traces.js").Options} options */
    const knownLosses = ({ loss, axis }) =>
      runs().flatMap(({ id, name }) => {
        const known = curves.get(id);
        if (!known) return [];
        const hasDiverged = known.status.state === "diverged";
        return [{ name, hasDiverged, losses: lossSeries(known, loss, axis).y }];
      });

    /**
     * The accuracies of whole epochs, so that small differences are seen.
     *
     * @param {import("./traces.js").Options} options
     */
    function zoomedRange({ accuracy, axis }) {
      const known = runs().flatMap(({ id }) => curves.get(id) ?? []);
      const sound = known.filter(({ status }) => status.state !== "diverged");
      const values = (sound.length ? sound : known).flatMap((run) =>
        accuracySeries(run, accuracy, axis).y
      );
      if (!values.length) return undefined;
      const low = Math.min(...values), high = Math.max(...values);
      const margin = Math.max(0.002, 0.06 * (high - low));
      return [low - margin, high + margin];
    }

    /** Name the lines, with their accuracy now. */
    function fillLegend() {
      const all = lines.length <= MAX_LEGEND;
      const shown = lines.filter((line) => all || line.color || isBest(line, lines.length));
      const values = shown.map((line) => {
        const known = line.runs.map(({ id }) => lastAccuracy(curves.get(id))).filter((x) =>
          x !== null
        );
        const sorted = known.sort((a, b) => a - b);
        if (known.length) return formatPercent(sorted[Math.floor((known.length - 1) / 2)], 2);
        const state = curves.get(line.runs[0].id)?.status.state ?? "";
        return ENDED.includes(state) ? state : "";
      });
      const isEstimated = runs().some(({ id }) => curves.get(id)?.estimates.accuracy.length);
      const now = JSON.stringify([shown, values, pinned, isEstimated]);
      if (now === named) return;
      named = now;
      const focus = document.activeElement;
      const had = focus instanceof HTMLElement && legend.contains(focus) ? focus.dataset.run : "";
      legend.replaceChildren(...shown.map((line, i) => entry(line, values[i])));
      const rest = lines.length - shown.length;
      if (rest) legend.append(element("li", "more", `and ${rest} more in gray`));
      if (shown.some((line) => isBest(line, lines.length))) {
        legend.append(element("li", "more", `The best ${BEST} are drawn thicker.`));
      }
      if (isEstimated) {
        legend.append(
          element("li", "more", "Dotted: estimated on a few hundred images, ± 2 points."),
        );
      }
      const again = had && legend.querySelector(`[data-run="${had}"]`);
      if (again instanceof HTMLElement) again.focus();
    }

    /**
     * @param {Line} line
     * @param {string} value
     */
    function entry(line, value) {
      const best = isBest(line, lines.length);
      const item = element("li"), button = element("button", best ? "best" : "");
      const swatch = element("span", "swatch"), { id } = line.runs[0];
      swatch.style.background = line.color || (best ? "currentColor" : "var(--digitscope-neutral)");
      button.type = "button";
      button.dataset.run = id;
      button.title = [line.name, line.details].filter(Boolean).join(" · ");
      button.setAttribute("aria-pressed", String(lineOf(pinned) === line));
      button.append(swatch, element("span", "name", line.name), element("span", "value", value));
      if (line.details) button.append(element("span", "details", line.details));
      button.onclick = guard(() => {
        pinned = lineOf(pinned) === line ? "" : id;
        draw();
      });
      liftsOn(button, id);
      item.append(button);
      return item;
    }

    const drawSoon = () => {
      timer ??= setTimeout(guard(draw), INTERVAL);
    };
    const fail = guard((/** @type {unknown} */ error) => {
      throw error;
    });

    /** Follow the runs that train, and no others. */
    function followRuns() {
      const active = new Set(runs().filter((run) => run.active).map(({ id }) => id));
      for (const [id, end] of followed) {
        if (active.has(id)) continue;
        end();
        followed.delete(id);
        // The script may know of the end before the stream does.
        if (!ENDED.includes(curves.get(id)?.status.state ?? "")) {
          curves.delete(id);
          news++;
        }
      }
      for (const id of active) {
        reported.delete(id);
        if (!followed.has(id)) followed.set(id, follow(id, guard(take), WISH));
      }
    }

    /** @param {Stream} stream */
    function take({ run, status, points, estimates, epochs }) {
      if (!status) return;
      curves.set(run, { status, points, estimates, epochs });
      news++;
      drawSoon();
      if (ENDED.includes(status.state) && !reported.has(run)) {
        reported.add(run);
        setTriggerValue("ended", run);
      }
    }

    /** Fetch the curves of the runs that do not train, unless they are here. */
    async function fetchCurves() {
      const idle = runs().filter(({ active }) => !active).map(({ id }) => id);
      const missing = [...idle, ...ahead()].filter((id) => !curves.has(id) && !requested.has(id));
      const points = Math.ceil(ALL_POINTS / Math.max(1, runs().length));
      const wanted = Math.max(MIN_POINTS, Math.min(MAX_POINTS, points));
      for (let i = 0; i < missing.length && !ended; i += MAX_FETCHED) {
        const ids = missing.slice(i, i + MAX_FETCHED);
        for (const id of ids) requested.add(id);
        try {
          const url = urlOf(`curves?points=${wanted}&runs=${ids.map(encodeURIComponent).join()}`);
          const response = await fetch(url);
          if (!response.ok) throw new Error(await response.text());
          const { version, runs: found } = await response.json();
          checkVersion(version);
          news++;
          for (const id of ids) requested.delete(id);
          for (
            const [id, { name, configuration, status, points, estimates, epochs }] of Object
              .entries(found)
          ) {
            const { samples_seen, smoothed_loss: smoothed } = points;
            curves.set(id, { status, points: { samples_seen, smoothed }, estimates, epochs });
            fetched.set(id, { name, configuration, active: !ENDED.includes(status.state) });
          }
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          for (const id of missing.slice(i)) requested.delete(id); // no connection
          retry = setTimeout(fetchAndDraw, RETRY);
          return;
        }
      }
    }

    /** One drawing with all curves: two would take twice as long. */
    function fetchAndDraw() {
      Promise.all([loadPlotly(plotlyPath), fetchCurves()]).then(
        guard(([loaded]) => {
          if (ended) return;
          plotly = loaded;
          arrange();
          draw();
        }),
        fail,
      );
    }

    const unobservePicked = picked.observe(guard((ids) => {
      if (!ids) return;
      clearTimeout(timer); // one drawing is enough
      timer = undefined;
      fetchAndDraw();
    }));
    const unobserveLifted = observeLifted((run) => {
      const before = liftedLine();
      pointed = run ?? "";
      for (const button of legend.querySelectorAll("button")) {
        const isLifted = !!run && lineOf(button.dataset.run ?? "") === lineOf(run);
        button.toggleAttribute("data-lifted", isLifted);
      }
      if (liftedLine() !== before) timer ??= setTimeout(guard(draw), 0); // several changes at once
    });

    for (const field of [lossChoice, accuracyChoice, everySeed, zoom]) field.onchange = guard(draw);
    reset.onclick = guard(() => {
      revision++;
      draw();
    });
    save.onclick = guard(() => {
      plotly && downloadPng(plotly, chart, "compared", themeOf(chart).background).catch(fail);
    });
    return {
      /** @param {{ lines: Line[], palette: string[], plotly: string }} data */
      update(data) {
        ({ lines: scriptLines, palette, plotly: plotlyPath } = data);
        arrange();
        fillLegend();
        fetchAndDraw();
      },
      recolor: draw,
      end() {
        ended = true;
        lift(null);
        unobservePicked();
        unobserveLifted();
        clearTimeout(timer);
        clearTimeout(retry);
        for (const end of followed.values()) end();
        plotly?.purge(chart);
        plotly = null;
      },
    };
  });
}
