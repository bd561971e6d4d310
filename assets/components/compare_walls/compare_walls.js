// The weight walls of several runs side by side, at equal images seen, under one timeline. While it
// is at its right end, each wall shows its run's newest snapshot, live.

import { resize } from "../../lib/canvas.js";
import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { clamp, gridColumns } from "../../lib/layout.js";
import { formatCompact, formatCount } from "../../lib/numbers.js";
import { player } from "../../lib/player.js";
import { follow } from "../../lib/stream.js";
import { themeOf, weightPalette } from "../../lib/theme.js";
import { indexAfterKey, logScale, nearestIndex, ticks } from "../timeline/scale.js";
import { paintTiles } from "../weight_wall/tiles.js";
import { accuracyAt, lastUpTo, stops } from "./at_images.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { Snapshot } from "../../lib/wire.js" */

const MAX_NEURONS = 64; // in a wall
/** What a wall shows of its run. */
const WISH = { rate: 10, tiles: MAX_NEURONS, connections: false };
const MAX_STOPS = 200; // of the timeline
const LOAD_INTERVAL = 2000; // milliseconds between two requests while a run trains
const SETTLE_DELAY = 250; // milliseconds without a move after which the script is told
const EDGE = 12, ROW = 6, AXIS = 26; // pixels; AXIS: below the rows of the runs

/** @typedef {{ run: string, name: string, color: string, settings: string }} Compared see pages/components/compare_walls.py */

/**
 * @typedef {object} Wall
 * @property {Compared} about
 * @property {Stream | null} stream null before the first news
 * @property {() => void} unfollow
 * @property {Snapshot | null} drawn
 * @property {string} loadedFor the state of the run for which snapshots were last asked for
 * @property {HTMLElement} figure
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} name
 * @property {HTMLElement} settings
 * @property {HTMLElement} progress
 */

/** @param {Call} call */
export default function compareWalls(call) {
  return mount(call, (parent, { guard, setStateValue }) => {
    const canvas = find(parent, "canvas", HTMLCanvasElement);
    const output = find(parent, "output", HTMLOutputElement);
    const container = find(parent, ".walls", HTMLElement);
    /** @type {Map<string, Wall>} by the runs, in their order */
    let walls = new Map();
    /** @type {number | null} images seen; null: by now */
    let position = null;
    let drawn = "", isNew = true;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let settleTimer;

    const playing = player(parent, {
      count: () => allStops().length,
      index: selectedIndex,
      select,
      stopped: settle,
    }, guard);

    /** Tell the script, which puts it into the URL. */
    function settle() {
      clearTimeout(settleTimer);
      settleTimer = setTimeout(
        guard(() => playing.isPlaying() || setStateValue("images", position)),
        SETTLE_DELAY,
      );
    }

    /** Images seen at each kept snapshot. @param {Wall} wall */
    const kept = ({ stream }) =>
      stream?.history.map(({ snapshot }) => snapshot.samples_seen ?? 0) ?? [];

    const allStops = () => stops([...walls.values()].map(kept), MAX_STOPS);

    function selectedIndex() {
      const all = allStops();
      return position === null ? all.length - 1 : lastUpTo(all, position);
    }

    /** At its right end the timeline follows the runs. @param {number} index */
    function select(index) {
      const all = allStops(), last = all.length - 1;
      if (last < 0) return;
      index = clamp(index, 0, last);
      position = index === last ? null : all[index];
      draw();
      settle();
    }

    /** The snapshot to show. @param {Wall} wall */
    function snapshotOf({ stream }) {
      if (!stream) return null;
      const { history, newest } = stream;
      if (position === null) return newest.snapshot;
      if (!history.length) return null;
      const counts = history.map(({ snapshot }) => snapshot.samples_seen ?? 0);
      return history[lastUpTo(counts, position)].snapshot;
    }

    /** @param {Wall} wall */
    const isActive = ({ stream }) =>
      ["queued", "running", "paused"].includes(stream?.status?.state ?? "");

    function draw() {
      for (const wall of walls.values()) drawWall(wall);
      drawTimeline();
    }

    /** @param {Wall} wall */
    function drawWall(wall) {
      const snapshot = snapshotOf(wall), { about, canvas: target, progress } = wall;
      const text = progressText(wall, snapshot);
      if (progress.textContent !== text) progress.textContent = text;
      if (!snapshot || wall.drawn === snapshot) return;
      const theme = themeOf(target);
      if (!theme.panel) return; // not on the page yet
      wall.drawn = snapshot;
      const count = Math.min(snapshot.neurons, MAX_NEURONS);
      const neurons = Array.from({ length: count }, (_, n) => n);
      const columns = gridColumns(count, 1000, 1000, 1000);
      paintTiles(target, snapshot, neurons, columns, null, weightPalette(theme));
      target.dataset.step = String(snapshot.step);
      target.dataset.images = String(snapshot.samples_seen);
      const total = snapshot.total_neurons ?? count;
      const part = count < total ? `the first ${count} of ${formatCount(total)}` : String(count);
      target.setAttribute(
        "aria-label",
        `${about.name}: first-layer weights of ${part} ${total === 1 ? "neuron" : "neurons"}`,
      );
    }

    /**
     * @param {Wall} wall
     * @param {Snapshot | null} snapshot
     */
    function progressText(wall, snapshot) {
      const { stream } = wall;
      if (!stream) return "Loading…";
      if (stream.goneMessage || !stream.status) return stream.goneMessage;
      if (!snapshot) {
        if (stream.loadingHistory) return "Loading…";
        return stream.status.state === "queued" ? "Waiting to start" : "No snapshot yet";
      }
      const images = snapshot.samples_seen ?? 0, { state, samples_seen } = stream.status;
      const isLast = snapshot.step >= (stream.newest.snapshot?.step ?? 0);
      const hasEnded = !isActive(wall) && isLast && samples_seen < (position ?? newest());
      const text = hasEnded
        ? `${state} after ${formatCount(samples_seen)} images`
        : images
        ? `after ${formatCount(images)} images`
        : "before training";
      return `${text[0].toUpperCase()}${text.slice(1)}\n${accuracyAt(stream, images)}`;
    }

    /** Images that the run ahead has seen. */
    const newest = () =>
      Math.max(0, ...[...walls.values()].map(({ stream }) => stream?.status?.samples_seen ?? 0));

    const scale = (/** @type {number[]} */ all) =>
      logScale(all, newest(), EDGE, canvas.clientWidth - 2 * EDGE);

    function drawTimeline() {
      const width = canvas.clientWidth, height = ROW * walls.size + AXIS;
      const theme = themeOf(canvas);
      if (!width || !theme.panel) return;
      const all = allStops(), index = selectedIndex();
      const ends = [...walls.values()].map((wall) => kept(wall).at(-1) ?? -1);
      const state = [width, devicePixelRatio, all.length, index, theme.text, ends, newest()].join();
      describe(all, index);
      if (state === drawn) return;
      drawn = state;
      canvas.style.height = `${height}px`;
      const ctx = resize(canvas, width, height), x = scale(all), base = height - 16;
      [...walls.values()].forEach(({ about }, row) => {
        if (ends[row] < 0) return;
        ctx.fillStyle = about.color;
        ctx.fillRect(EDGE, ROW * row + 2, Math.max(3, x(ends[row]) - EDGE), 3);
      });
      ctx.fillStyle = theme.border;
      ctx.fillRect(EDGE, base, width - 2 * EDGE, 1);
      ctx.fillStyle = theme.text;
      ctx.globalAlpha = 0.4;
      for (const stop of all) ctx.fillRect(x(stop) - 0.5, base - 3, 1, 6);
      ctx.globalAlpha = 0.7;
      ctx.font = `11px ${theme.font}`;
      ctx.textAlign = "center";
      for (const tick of ticks(x, EDGE + 20, width - EDGE - 20)) {
        ctx.fillText(formatCompact(tick), x(tick), height - 2);
      }
      ctx.globalAlpha = 1;
      if (!all.length) return;
      ctx.fillStyle = theme.accent;
      ctx.fillRect(x(all[index]) - 1, 0, 2, base);
      ctx.beginPath();
      ctx.arc(x(all[index]), base, 7, 0, 2 * Math.PI);
      ctx.fill();
    }

    /**
     * @param {number[]} all stops of the timeline
     * @param {number} index
     */
    function describe(all, index) {
      const isLive = position === null && [...walls.values()].some(isActive);
      const images = position ?? newest();
      const text = images ? `after ${formatCount(images)} images` : "before training";
      const value = isLive ? `${text}, live` : text;
      canvas.setAttribute("aria-valuemax", String(Math.max(0, all.length - 1)));
      canvas.setAttribute("aria-valuenow", String(Math.max(0, index)));
      canvas.setAttribute("aria-valuetext", value);
      canvas.dataset.stops = String(all.length);
      const isLoading = [...walls.values()].some(({ stream }) => stream?.loadingHistory ?? true);
      canvas.setAttribute("aria-busy", String(isLoading));
      output.textContent = value;
    }

    /** Fetch the snapshots of each run that are not here yet. */
    function load() {
      for (const wall of walls.values()) {
        const { stream } = wall, { status } = stream ?? {};
        if (!stream || !status || status.state === "queued" || stream.loadingHistory) continue;
        const state = [status.state, status.step].join();
        if (wall.loadedFor !== state) stream.loadHistory();
        wall.loadedFor = state;
      }
    }
    const loadTimer = setInterval(guard(load), LOAD_INTERVAL);

    canvas.onpointerdown = canvas.onpointermove = guard((/** @type {PointerEvent} */ event) => {
      const all = allStops();
      if (!all.length || !(event.buttons & 1)) return;
      if (event.type === "pointerdown") canvas.setPointerCapture(event.pointerId);
      playing.stop();
      const left = canvas.getBoundingClientRect().left;
      select(nearestIndex(all.map(scale(all)), event.clientX - left));
    });

    canvas.onkeydown = guard((event) => {
      const index = indexAfterKey(event.key, selectedIndex(), allStops().length);
      if (event.key === " ") playing.toggle();
      else if (index !== undefined) select(index);
      else return;
      event.preventDefault();
    });

    /** @param {Compared} about → its wall, which follows the run */
    function addWall(about) {
      const figure = element("figure"), caption = element("figcaption");
      const wall = /** @type {Wall} */ ({
        about,
        stream: null,
        drawn: null,
        loadedFor: "",
        figure,
        canvas: element("canvas"),
        name: element("span", "name"),
        settings: element("span", "configuration"),
        progress: element("span", "progress", "Loading…"),
      });
      wall.canvas.setAttribute("role", "img");
      wall.canvas.setAttribute("aria-label", about.name);
      caption.append(wall.name, wall.settings, wall.progress);
      figure.append(caption, wall.canvas);
      const show = guard((/** @type {Stream} */ stream) => {
        const isFirst = !wall.stream;
        wall.stream = stream;
        if (isFirst) load();
        drawWall(wall);
        drawTimeline();
      });
      wall.unfollow = follow(about.run, show, WISH);
      return wall;
    }

    function redraw() {
      for (const wall of walls.values()) wall.drawn = null;
      drawn = "";
      draw();
    }

    const resized = new ResizeObserver(guard(drawTimeline));
    resized.observe(canvas);
    return {
      /** @param {{ runs: Compared[], images: number | null }} data */
      update({ runs, images }) {
        const before = walls;
        if (isNew) position = images;
        isNew = false;
        walls = new Map(runs.map((about) => [about.run, before.get(about.run) ?? addWall(about)]));
        for (const [run, wall] of before) if (!walls.has(run)) wall.unfollow();
        container.replaceChildren(...[...walls.values()].map(({ figure }) => figure));
        const columns = runs.length <= 4 ? runs.length : Math.ceil(runs.length / 2);
        container.style.setProperty("--columns", String(Math.max(1, columns)));
        runs.forEach((about, i) => {
          const wall = [...walls.values()][i];
          wall.about = about;
          wall.figure.style.setProperty("--color", about.color);
          wall.name.textContent = about.name;
          wall.settings.textContent = about.settings;
        });
        load();
        redraw();
      },
      recolor: redraw,
      end() {
        playing.end();
        clearInterval(loadTimer);
        clearTimeout(settleTimer);
        resized.disconnect();
        for (const { unfollow } of walls.values()) unfollow();
      },
    };
  });
}
