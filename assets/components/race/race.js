// A race: its lanes side by side, each with a small weight wall, its buttons, and who leads. The
// browser starts it and sends the commands to the worker; the script is told which race to show.

import { contextOf, decode, PIXELS, SIDE } from "../../lib/canvas.js";
import { copyText } from "../../lib/clipboard.js";
import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { putInView } from "../../lib/in_view.js";
import { gridColumns } from "../../lib/layout.js";
import { formatCount, formatPercent } from "../../lib/numbers.js";
import { rejectionText, settledSettings, startRuns } from "../../lib/start.js";
import { RECONNECTING } from "../../lib/live_socket.js";
import { follow } from "../../lib/stream.js";
import { themeOf, weightPalette } from "../../lib/theme.js";
import { urlOf } from "../../lib/urls.js";
import { nearestSpeed, speedInWords, SPEEDS } from "../run_controls/speeds.js";
import { STATES } from "../run_status/texts.js";
import { fullColorWeight, paintTile } from "../weight_wall/tiles.js";
import { commentary, comparable } from "./commentary.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Settings } from "../../lib/start.js" */
/** @import { Stream } from "../../lib/stream.js" */
/** @import { Snapshot } from "../../lib/wire.js" */
/** @import { LaneState } from "./commentary.js" */

const MAX_TILES = 36; // of a lane
// What a lane shows of its run: the curves below have the points.
const WISH = { rate: 15, tiles: MAX_TILES, connections: false, points: false };
const GAP = 2, CELL = SIDE + GAP; // pixels of the bitmap
const MAX_HEIGHT = 300; // pixels of a wall
const CALM = 1000; // milliseconds between two figures in the commentary
const OBEY_TIME = 5000; // milliseconds in which the worker obeys
const ATTEMPTS = 30; // each of some repaints, to wait for the script to take what is typed
const FEEDBACK = 4000; // milliseconds
const EXPLAINED = ["queued", "diverged", "failed", "interrupted"]; // states whose message is shown
const NO_ESTIMATES = { samples_seen: [], accuracy: [] };
const ACTIVE = ["queued", "running", "paused"];
const RESUMABLE = ["stopped", "interrupted", "failed"];

/** @typedef {{ run: string | null, label: string, color: string, neurons: number, tiles: string | null }} Lane */

/**
 * @typedef {object} Data see pages/components/race.py
 * @property {Lane[]} lanes
 * @property {string} varied
 * @property {string | null} group
 * @property {boolean} is_free
 * @property {boolean} can_control
 * @property {string} started_by
 * @property {object | null} request
 * @property {Settings} texts
 * @property {Record<string, string>} choices
 * @property {Record<string, string>} labels
 * @property {string} link
 */

/** @param {Call} call */
export default function race(call) {
  return mount(call, (parent, { setStateValue, setTriggerValue, guard }) => {
    const buttons = [...parent.querySelectorAll("button")];
    const text = (/** @type {string} */ name) => find(parent, `.${name}`, HTMLElement);
    const list = text("lanes"), field = find(parent, ".fallback input", HTMLInputElement);
    const speed = find(parent, "[name=speed]", HTMLInputElement);
    const speedText = find(parent, "output", HTMLOutputElement);

    let data = /** @type {Data} */ ({ lanes: /** @type {Lane[]} */ ([]), group: null });
    /** @type {ReturnType<typeof laneView>[]} */
    let lanes = [];
    let ended = false,
      built = "",
      rejection = "",
      pressed = "",
      statesBefore = "",
      leaderBefore = "",
      isChoosing = false; // a speed
    let commentedAt = -Infinity; // ms
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let busyTimer;
    let cancelReload = () => {};

    const states = () => lanes.map(({ stream }) => stream?.status?.state ?? "");
    function build() {
      for (const lane of lanes) lane.end();
      list.style.setProperty("--lanes", String(data.lanes.length));
      lanes = data.lanes.map((lane) => laneView(lane, data.varied, guard, update));
      list.replaceChildren(...lanes.map(({ element }) => element));
      [statesBefore, leaderBefore, commentedAt] = ["", "", -Infinity];
      for (const lane of lanes) lane.begin();
    }

    function update() {
      const now = states(), inRace = lanes.filter(isInRace);
      const isTested = inRace.every(({ stream }) => stream?.status?.state === "finished");
      const estimates = inRace.map(({ stream }) => stream?.estimates ?? NO_ESTIMATES);
      const { after, accuracies } = comparable(estimates, data.is_free ? Infinity : undefined);
      for (const lane of lanes) {
        lane.draw(
          isTested ? lane.stream?.status?.test_accuracy : accuracies[inRace.indexOf(lane)],
        );
      }
      const changed = now.join() !== statesBefore;
      if (changed && pressed && pressed !== "start") settle();
      comment(isTested, isTested || data.is_free ? 0 : after, changed);
      statesBefore = now.join();
      showButtons(now);
    }

    /** @param {string[]} now the states */
    function showButtons(now) {
      const canControl = data.can_control && Boolean(data.group);
      const isLost = lanes.some(({ stream }) => stream && stream.lostAt !== null);
      const isRunning = now.includes("running");
      /** @type {Record<string, boolean>} */
      const visible = {
        start: !data.group,
        pause: canControl && isRunning,
        resume: canControl && (now.includes("paused") || canResumeAll(now)),
        step: canControl && !isRunning && now.includes("paused"),
        stop: canControl && now.some(isActive),
        again: Boolean(data.group),
        link: Boolean(data.link),
      };
      for (const button of buttons) {
        const { name } = button;
        button.hidden = !visible[name];
        button.disabled = pressed === name ||
          (["pause", "resume", "step", "stop"].includes(name) && isLost);
        button.toggleAttribute("aria-busy", pressed === name);
      }
      find(parent, ".settings", HTMLElement).hidden = !(visible.pause || visible.step);
      const status = lanes.find(({ stream }) => stream?.status?.state === "running")?.stream
        ?.status;
      if (!isChoosing) describeSpeed(nearestSpeed(status?.speed ?? 0));
      const others = data.group && !data.can_control && now.some(isActive)
        ? `This race was started by ${data.started_by}. You can watch it, but not pause or stop it.`
        : "";
      const reason = isLost ? RECONNECTING : rejection || others;
      if (text("reason").textContent !== reason) text("reason").textContent = reason;
    }

    /**
     * The commentary: at once when something happens, its figures now and then.
     *
     * @param {boolean} isTested
     * @param {number} after
     * @param {boolean} changed
     */
    function comment(isTested, after, changed) {
      const now = performance.now();
      if (!changed && now < commentedAt + CALM) return;
      commentedAt = now;
      const entries = lanes.map((lane) => lane.entry);
      const news = commentary(entries, after);
      text("commentary").textContent = news || (data.group ? "" : "Press Start to race.");
      const images = lanes[0]?.stream?.status?.estimated_on ?? "validation";
      text("note").textContent = isTested && data.group
        ? "Accuracy on the test set."
        : `Accuracy as estimated on 500 ${images} images` +
          (data.is_free ? "." : ", compared after equally many training images.");
      const leader = news.split(" ")[0];
      if (changed || leader !== leaderBefore) text("spoken").textContent = news;
      leaderBefore = leader;
    }

    function settle() {
      pressed = "";
      clearTimeout(busyTimer);
    }

    async function start() {
      [pressed, rejection] = ["start", ""];
      update();
      const isSettled = await haveSettled();
      if (ended || !data.request) return settle(); // the script has rejected what was typed
      if (!isSettled) {
        rejection = "Digitscope has not taken what you typed yet. Press Start again.";
        settle();
        return update();
      }
      const answer = await startRuns("groups", data.request);
      if (answer.group) moveTo(answer.group);
      else {
        settle();
        rejection = rejectionText(answer, data.labels);
      }
      update();
    }

    /** Whether the script knows, perhaps after a while, what the fields on screen hold. */
    async function haveSettled() {
      for (let attempt = 0; attempt < ATTEMPTS && !ended; attempt++) {
        const known = () => ({ settings: data.texts, choices: data.choices });
        const shown = await settledSettings(known);
        if (JSON.stringify(shown) === JSON.stringify(data.texts)) return true;
      }
      return false;
    }

    /** Let the script show the race. @param {string} group */
    function moveTo(group) {
      cancelReload();
      cancelReload = putInView("group", group);
      setStateValue("started", group);
    }

    /**
     * Which lanes a command may go to, by their states: the first that there are.
     *
     * @type {Record<string, string[]>}
     */
    const concerned = {
      pause: ["running"],
      resume: ["paused", ...RESUMABLE],
      step: ["paused"],
      speed: ["running", "paused"],
      stop: ["running", "paused", "queued"],
    };

    /**
     * Give a command to the race: one of its members is told, and all obey.
     *
     * @param {string} name
     * @param {number} [value]
     */
    async function command(name, value) {
      const now = states();
      const state = concerned[name]?.find((each) => now.includes(each)) ?? "";
      const stream = lanes[now.indexOf(state)]?.stream;
      if (!stream) return;
      const request = name === "resume" && state !== "paused" ? "resume_race" : name;
      if (name === "step" || name === "speed") {
        rejection = (await stream.request(request, value)).error ?? "";
        return update();
      }
      [pressed, rejection] = [name, ""];
      clearTimeout(busyTimer);
      busyTimer = setTimeout(
        guard(() => {
          settle();
          update();
        }),
        OBEY_TIME,
      );
      update();
      rejection = (await stream.request(request)).error ?? "";
      if (rejection) settle();
      update();
    }

    /** @param {number} index of SPEEDS */
    function describeSpeed(index) {
      const words = speedInWords(SPEEDS[index] ?? 0);
      speed.value = String(index);
      if (speedText.textContent !== words) speedText.textContent = words;
      speed.setAttribute("aria-valuetext", words);
    }

    /** @param {HTMLButtonElement} button */
    async function copyLink(button) {
      if (!await copyText(urlOf(`race?${data.link}`), field, text("fallback"))) return;
      const label = find(button, "span", HTMLElement);
      label.textContent = text("spoken").textContent = "Copied";
      setTimeout(() => {
        label.textContent = "Copy link";
      }, FEEDBACK);
    }

    for (const button of buttons) {
      button.onclick = guard(() => {
        if (button.name === "start") start();
        else if (button.name === "again") setTriggerValue("again", true);
        else if (button.name === "link") copyLink(button);
        else command(button.name, button.name === "step" ? 1 : undefined);
      });
    }
    speed.max = String(SPEEDS.length - 1);
    speed.oninput = guard(() => {
      isChoosing = true;
      describeSpeed(Number(speed.value));
    });
    speed.onblur = guard(() => {
      isChoosing = false;
    });
    speed.onchange = guard(() => command("speed", SPEEDS[Number(speed.value)]));

    return {
      /** @param {Data} news */
      update(news) {
        if (news.group !== data.group) {
          settle();
          cancelReload();
        }
        if (JSON.stringify(news.request) !== JSON.stringify(data.request)) rejection = "";
        data = news;
        const now = JSON.stringify([data.lanes, data.varied]);
        if (now !== built) build();
        built = now;
        update();
      },
      recolor: () => update(),
      end() {
        ended = true;
        for (const lane of lanes) lane.end();
        clearTimeout(busyTimer);
        cancelReload();
      },
    };
  });
}

/** @param {{ stream: Stream | null }} lane */
const isInRace = ({ stream }) =>
  !stream?.goneMessage && !["diverged", "failed"].includes(stream?.status?.state ?? "");

/**
 * Whether a race that is over can go on. @param {string[]} states
 */
const canResumeAll = (states) =>
  !states.some(isActive) && states.some((state) => RESUMABLE.includes(state));

/** @param {string} state */
const isActive = (state) => ACTIVE.includes(state);

/**
 * One lane.
 *
 * @param {Lane} lane
 * @param {string} varied
 * @param {<A extends unknown[]>(action: (...args: A) => void) => (...args: A) => void} guard
 * @param {() => void} changed called when there is news of its run
 */
function laneView(lane, varied, guard, changed) {
  const box = element("article", "lane");
  box.style.setProperty("--lane", lane.color);
  const title = element("h2");
  title.append(element("small", "", varied), lane.label);
  const figures = element("p", "figures"), bar = element("div", "progress-bar");
  const accuracy = element("span", "accuracy", "–"), state = element("span", "state");
  figures.append(accuracy, state);
  const done = element("div", "done");
  bar.append(done);
  const wall = element("div", "wall"), canvas = element("canvas");
  canvas.setAttribute("role", "img");
  wall.append(canvas);
  const images = element("p", "images"), seen = element("span", "seen");
  images.append(seen);
  if (lane.run) {
    const link = element("a", "", "Open run");
    link.href = urlOf(`?run=${encodeURIComponent(lane.run)}`);
    link.setAttribute("aria-label", `Open run ${lane.label}`);
    images.append(link);
  }
  const message = element("p", "message");
  box.append(title, figures, bar, wall, images, message);

  const bitmap = document.createElement("canvas"); // one pixel a weight
  const initial = lane.tiles ? unpackTiles(lane.tiles) : null;
  let drawn = "";
  let unfollow = () => {};
  const resized = new ResizeObserver(guard(() => drawWall()));

  const view = {
    element: box,
    /** @type {Stream | null} */
    stream: null,
    begin() {
      resized.observe(wall);
      if (lane.run) {
        unfollow = follow(
          lane.run,
          guard((news) => {
            view.stream = news;
            changed();
          }),
          WISH,
        );
      }
    },
    end() {
      resized.disconnect();
      unfollow();
    },
    /** @type {LaneState} */
    entry: { label: lane.label, state: "", accuracy: null, samplesSeen: 0 },
    /** @param {number | null | undefined} accuracyNow to be compared with the other lanes' */
    draw(accuracyNow) {
      const status = view.stream?.status, now = status?.state ?? "";
      view.entry = {
        label: lane.label,
        state: now,
        accuracy: accuracyNow ?? null,
        samplesSeen: status?.samples_seen ?? 0,
      };
      const share = status?.total_steps ? status.step / status.total_steps : 0;
      const shown = EXPLAINED.includes(now) ? status?.message : "";
      const isBroken = ["diverged", "failed"].includes(now), best = view.entry.accuracy;
      set(accuracy, best === null || isBroken ? "–" : formatPercent(best));
      set(state, view.stream?.goneMessage ? "Deleted" : STATES[now] ?? "Not started");
      set(seen, `${formatCount(view.entry.samplesSeen)} images`);
      set(message, view.stream?.goneMessage || shown || "");
      done.style.width = `${100 * share}%`;
      drawWall();
    },
  };

  function drawWall() {
    const snapshot = view.stream?.snapshot ?? initial, width = wall.clientWidth;
    const theme = themeOf(canvas);
    if (!snapshot || !width || !theme.panel) return;
    const now = [snapshot.step, width, theme.panel, theme.positive].join();
    if (now === drawn) return;
    drawn = now;
    const limit = Math.min(snapshot.neurons, MAX_TILES);
    const columns = gridColumns(limit, width, Math.min(width, MAX_HEIGHT), 4 * CELL);
    const neurons = limit < lane.neurons ? limit - limit % columns : limit; // whole rows of many
    const rows = Math.ceil(neurons / columns);
    bitmap.width = columns * CELL - GAP;
    bitmap.height = rows * CELL - GAP;
    const image = new ImageData(bitmap.width, bitmap.height);
    const pixels = new Uint32Array(image.data.buffer), palette = weightPalette(theme);
    const fullColor = fullColorWeight(snapshot, "neuron");
    for (let n = 0; n < neurons; n++) {
      const offset = Math.floor(n / columns) * CELL * bitmap.width + (n % columns) * CELL;
      paintTile(snapshot, n, fullColor, palette, pixels, offset, bitmap.width);
    }
    contextOf(bitmap).putImageData(image, 0, 0);
    const height = Math.min(width, MAX_HEIGHT);
    const zoom = Math.min(width / bitmap.width, height / bitmap.height, 4);
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(bitmap.width * zoom * ratio);
    canvas.height = Math.round(bitmap.height * zoom * ratio);
    canvas.style.width = `${bitmap.width * zoom}px`;
    canvas.style.height = `${bitmap.height * zoom}px`;
    const ctx = contextOf(canvas);
    ctx.imageSmoothingEnabled = zoom * ratio < 3;
    ctx.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    canvas.dataset.step = String(snapshot.step);
    const shown = neurons < lane.neurons ? `the first ${neurons} of ${lane.neurons}` : `${neurons}`;
    canvas.setAttribute(
      "aria-label",
      `First-layer weights of ${shown} neurons after ${
        formatCount(snapshot.samples_seen ?? 0)
      } images`,
    );
  }

  return view;
}

/** @param {HTMLElement} target @param {string} text */
function set(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** @param {string} tiles Base64 @returns {Snapshot} */
function unpackTiles(tiles) {
  const bytes = decode(tiles), neurons = bytes.length / (PIXELS + 4);
  return {
    neurons,
    step: 0,
    samples_seen: 0,
    scales: new Float32Array(bytes.buffer, 0, neurons),
    tiles: new Int8Array(bytes.buffer, 4 * neurons),
  };
}
