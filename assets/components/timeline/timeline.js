// The timeline: the run's kept snapshots over the logarithm of the images seen, with loss and
// test accuracy behind them. All that follows the run's stream shows the snapshot at its handle.

import { resize } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { clamp } from "../../lib/layout.js";
import { formatCompact, formatCount, formatPercent } from "../../lib/numbers.js";
import { player } from "../../lib/player.js";
import { themeOf } from "../../lib/theme.js";
import { accuracyHeight, indexAfterKey, logScale, nearestIndex, ticks } from "./scale.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { Theme } from "../../lib/theme.js" */

const HEIGHT = 64, EDGE = 12, BASE = HEIGHT - 16; // pixels; BASE: of the axis
const SETTLE_DELAY = 250; // milliseconds without a move after which the script is told
const LOAD_INTERVAL = 2000; // milliseconds between two requests while the run trains

/** @typedef {{ run: string, step: number | null, live: boolean }} Data see timeline.py */

/**
 * Which timeline selects in a stream. When the visitor goes to another page, the timeline there
 * may begin before that of the page left ends.
 *
 * @type {WeakMap<Stream, HTMLElement>}
 */
const selecting = new WeakMap();

/** @param {Call} call */
export default function timeline(call) {
  return mount(call, (parent, { setStateValue, guard }) => {
    const box = find(parent, ".timeline", HTMLElement);
    const canvas = find(parent, "canvas", HTMLCanvasElement);
    const output = find(parent, "output", HTMLOutputElement);
    const playing = player(parent, {
      count: () => stream?.history.length ?? 0,
      index: selectedIndex,
      select,
      stopped: settle,
    }, guard);

    /** @type {Stream | null} */
    let stream = null;
    /** @type {number | null} the step that the script asks for; null: the newest */
    let requestedStep = null;
    let arrived = false; // at the requested step
    let earlyKey = ""; // pressed before there is a snapshot
    let live = true; // whether it is shown while the run trains
    /** @type {number | null | undefined} the step that the script knows */
    let reportedStep;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let settleTimer;
    /** @type {ReturnType<typeof setTimeout> | null} */
    let loadTimer = null;
    let loadedFor = ""; // the state of the run for which snapshots were last asked for
    let drawn = "";

    const isActive = () => ["queued", "running"].includes(stream?.status?.state ?? "");

    function selectedIndex() {
      if (!stream) return -1;
      const { selected, history } = stream;
      return selected ? history.indexOf(selected) : history.length - 1;
    }

    function scale() {
      const kept = stream?.history.map(({ snapshot }) => snapshot.samples_seen ?? 0) ?? [];
      const newest = stream?.status?.samples_seen ?? 2;
      return logScale(kept, newest, EDGE, canvas.clientWidth - 2 * EDGE);
    }

    /** Select a snapshot. At its right end the timeline follows the run. @param {number} index */
    function select(index) {
      if (!stream?.history.length) return;
      const { history } = stream, last = history.length - 1;
      index = clamp(index, 0, last);
      stream.select(index === last ? null : history[index]);
      settle();
    }

    function settle() {
      clearTimeout(settleTimer);
      settleTimer = setTimeout(guard(report), SETTLE_DELAY);
    }

    function report() {
      const step = stream?.selected?.snapshot.step ?? null;
      if (step === reportedStep || playing.isPlaying()) return;
      reportedStep = step;
      setStateValue("step", step);
    }

    function draw() {
      const width = canvas.clientWidth;
      if (!stream || !width) return;
      const theme = themeOf(canvas), { history, epochs } = stream, index = selectedIndex();
      const { text, accent, font } = theme;
      const step = stream.snapshot?.step;
      const state = [width, devicePixelRatio, history.length, index, epochs.length, text, step];
      if (state.join() === drawn) return;
      drawn = state.join();
      const ctx = resize(canvas, width, HEIGHT), x = scale();
      drawLoss(ctx, theme, x);
      drawAccuracy(ctx, theme, x);
      ctx.fillStyle = theme.border;
      ctx.fillRect(EDGE, BASE, width - 2 * EDGE, 1);
      ctx.fillStyle = text;
      ctx.globalAlpha = 0.4;
      for (const { snapshot } of history) {
        ctx.fillRect(x(snapshot.samples_seen ?? 0) - 0.5, BASE - 3, 1, 6);
      }
      ctx.globalAlpha = 0.7;
      ctx.font = `11px ${font}`;
      ctx.textAlign = "center";
      for (const tick of ticks(x, EDGE + 20, width - EDGE - 20)) {
        ctx.fillText(formatCompact(tick), x(tick), HEIGHT - 2);
      }
      ctx.globalAlpha = 1;
      const handle = history[index]?.snapshot;
      if (handle) {
        ctx.fillStyle = accent;
        ctx.fillRect(x(handle.samples_seen ?? 0) - 1, 2, 2, BASE);
        ctx.beginPath();
        ctx.arc(x(handle.samples_seen ?? 0), BASE, 7, 0, 2 * Math.PI);
        ctx.fill();
      }
      describe(index);
    }

    /**
     * @param {CanvasRenderingContext2D} ctx
     * @param {Theme} theme
     * @param {(samplesSeen: number) => number} x
     */
    function drawLoss(ctx, theme, x) {
      const { samples_seen, smoothed } = stream?.points ?? { samples_seen: [], smoothed: [] };
      if (!samples_seen.length) return;
      const highest = Math.max(...smoothed.slice(0, 50));
      ctx.beginPath();
      samples_seen.forEach((n, i) => {
        ctx.lineTo(x(n), BASE - (BASE - 8) * Math.min(1, smoothed[i] / highest));
      });
      ctx.strokeStyle = theme.accent;
      ctx.globalAlpha = 0.45;
      ctx.stroke();
      ctx.globalAlpha = 1;
    }

    /**
     * @param {CanvasRenderingContext2D} ctx
     * @param {Theme} theme
     * @param {(samplesSeen: number) => number} x
     */
    function drawAccuracy(ctx, theme, x) {
      ctx.beginPath();
      ctx.strokeStyle = theme.positive;
      ctx.lineWidth = 1.5;
      ctx.globalAlpha = 0.6;
      for (const { samples_seen, test_accuracy } of stream?.epochs ?? []) {
        if (test_accuracy === null) continue;
        const y = BASE - 4 - (BASE - 10) * accuracyHeight(test_accuracy);
        ctx.lineTo(x(samples_seen), y);
        ctx.fillRect(x(samples_seen) - 1, y - 1, 2, 2);
      }
      ctx.stroke();
      ctx.globalAlpha = 1;
    }

    /** @param {number} index */
    function describe(index) {
      if (!stream) return;
      const { history, snapshot } = stream;
      canvas.setAttribute("aria-valuemax", String(Math.max(0, history.length - 1)));
      canvas.setAttribute("aria-valuenow", String(Math.max(0, index)));
      const text = snapshot ? describeSnapshot(stream) : "";
      canvas.setAttribute("aria-valuetext", text);
      output.textContent = text;
      canvas.dataset.snapshots = String(history.length);
    }

    /** @param {Stream} stream */
    function describeSnapshot({ snapshot, selected, epochs }) {
      const step = snapshot?.step ?? 0;
      let text = step
        ? `after ${formatCount(snapshot?.samples_seen ?? 0)} images`
        : "before training";
      if (!selected && isActive()) text += ", live";
      const epoch = epochs.filter((each) => each.step <= step).at(-1);
      if (epoch?.test_accuracy) {
        return `${text} · test accuracy ${formatPercent(epoch.test_accuracy)}, ` +
          `after epoch ${epoch.epoch}`;
      }
      return snapshot?.loss == null ? text : `${text} · loss ${snapshot.loss.toFixed(2)}`;
    }

    canvas.onpointerdown = canvas.onpointermove = guard((/** @type {PointerEvent} */ event) => {
      if (!stream?.history.length || !(event.buttons & 1)) return;
      if (event.type === "pointerdown") canvas.setPointerCapture(event.pointerId);
      playing.stop();
      const x = scale();
      const positions = stream.history.map(({ snapshot }) => x(snapshot.samples_seen ?? 0));
      select(nearestIndex(positions, event.clientX - canvas.getBoundingClientRect().left));
    });

    /** → whether it is a key of the slider @param {string} key */
    function press(key) {
      const count = stream?.history.length ?? 0;
      const index = indexAfterKey(key, selectedIndex(), count);
      if (key === " ") playing.toggle();
      else if (index === undefined) return false;
      else if (count) select(index);
      else earlyKey = key;
      return true;
    }

    canvas.onkeydown = guard((event) => {
      if (press(event.key)) event.preventDefault();
    });

    /** Fetch more snapshots while the run trains, and the last ones when it ends. */
    function load() {
      clearTimeout(loadTimer ?? undefined);
      loadTimer = null;
      if (!stream?.status) return;
      const { history, status } = stream, hidden = isActive() && !live;
      box.classList.toggle("hidden", hidden);
      if (hidden) return stream.select(null);
      const upToDate = history.at(-1)?.snapshot.step === status.step;
      if (status.state !== "queued" && !upToDate) stream.loadHistory();
      if (isActive()) loadTimer = setTimeout(guard(load), LOAD_INTERVAL);
    }

    /** Once, select the step that the script asks for. */
    function arrive() {
      if (arrived || !stream?.history.length) return;
      const { history, loadingHistory } = stream;
      const recorded = history.find(({ snapshot }) => snapshot.step === requestedStep);
      if (requestedStep === null || recorded || !loadingHistory) arrived = true;
      if (!recorded) return;
      reportedStep = requestedStep;
      // While the history loads, what follows this snapshot may not be there yet.
      stream.select(recorded === history.at(-1) && !loadingHistory ? null : recorded);
    }

    const resized = new ResizeObserver(guard(draw));
    resized.observe(canvas);
    return {
      /** @param {Data} data */
      update(data) {
        if (!arrived) requestedStep = data.step;
        live = data.live;
        draw();
      },
      show(news) {
        if (stream !== news) {
          stream = news;
          selecting.set(stream, box);
          arrived = false;
          earlyKey = "";
          drawn = "";
          playing.stop();
        }
        const { run, status } = stream;
        const state = [run, status?.state, status?.step].join();
        if (status && loadedFor !== state && (loadTimer === null || !isActive())) load();
        loadedFor = state;
        arrive();
        if (earlyKey && arrived) {
          const key = earlyKey;
          earlyKey = ""; // first: what it selects comes back here as news
          press(key);
        }
        canvas.setAttribute("aria-busy", String(stream.loadingHistory));
        draw();
      },
      recolor: draw,
      end() {
        playing.end();
        clearTimeout(loadTimer ?? undefined);
        clearTimeout(settleTimer);
        resized.disconnect();
        if (stream && selecting.get(stream) === box) stream.select(null);
      },
    };
  });
}
