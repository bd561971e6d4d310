// The buttons of the run in view. Every press is answered: Start and Restart are a request to the
// server, which knows a press that it has seen; what concerns the run's worker goes over its stream.
// The script is only told which run to show.

import { mount } from "../../lib/component.js";
import { find, isTyping } from "../../lib/dom.js";
import { putInView } from "../../lib/in_view.js";
import { RECONNECTING } from "../../lib/live_socket.js";
import { newKey, rejectionText, settledSettings, startRuns } from "../../lib/start.js";
import { follow } from "../../lib/stream.js";
import { nearestSpeed, speedInWords, SPEEDS, stepsToEpochEnd } from "./speeds.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Settings } from "../../lib/start.js" */
/** @import { Stream } from "../../lib/stream.js" */

const ACTIVE = ["queued", "running", "paused"];
/** @type {Record<string, string>} */
const KEYS = { s: "start", p: "pause", b: "step", e: "epoch", x: "stop" };

/**
 * @typedef {object} Data see pages/components/run_controls.py
 * @property {string | null} run
 * @property {string | null} state of the run
 * @property {boolean} can_control whether this visitor started it, or is the server's owner
 * @property {boolean} owns whether this visitor started it
 * @property {string} started_by "another visitor" or "the command line", if not this visitor
 * @property {Settings} settings to start a run with
 * @property {Record<string, string>} choices the labels of the chosen options
 * @property {Record<string, string>} labels of the settings, by their fields
 * @property {string} problem why they are not valid, or ""
 * @property {number | null} lr of the run's configuration
 * @property {boolean} in_race whether the run is a member of a race
 */

/**
 * What was requested of the worker, until it has obeyed.
 *
 * @typedef {object} Requested
 * @property {string} state of the run at the time; another one ends the wait
 * @property {number | null} command its id; null: not known, or none
 * @property {number} [value]
 */

/** @param {Call} call */
export default function runControls(call) {
  return mount(call, (parent, { setStateValue, guard }) => {
    const buttons = [...parent.querySelectorAll("button")];
    const settings = find(parent, ".settings", HTMLElement);
    const speedSetting = find(parent, ".speed", HTMLElement);
    const reasonText = find(parent, ".reason", HTMLElement);
    const speed = find(parent, "[name=speed]", HTMLInputElement);
    const speedText = find(parent, "output", HTMLOutputElement);
    const rate = find(parent, "[name=rate]", HTMLInputElement);

    let data = /** @type {Data} */ ({});
    /** @type {Stream | null} */
    let stream = null;
    let starting = ""; // the button that was pressed, until the script shows the run
    let stopWaiting = () => {};
    let isAnswered = false; // whether the server has told which run that is
    let rejection = ""; // why the last press had no effect
    /** @type {Map<string, Requested>} by the button or the setting */
    const requested = new Map();
    let target = 0; // the step up to which a paused run was requested to go
    /** @type {HTMLInputElement | null} in which a value is not complete yet */
    let typing = null;
    let shown = ""; // what of the stream the buttons show
    let announced = ""; // the state that the script was told
    /** @type {string | null} the run that the script was told to show */
    let destination = null;
    let cancelReload = () => {};

    function update() {
      const live = stream && stream.run === data.run ? stream : null;
      const status = live?.status;
      const state = (live?.goneMessage ? null : status?.state ?? data.state) ?? "";
      const isLost = Boolean(live && live.lostAt !== null);
      for (const [name, { command, state: before }] of requested) {
        const isObeyed = command !== null && status && status.last_obeyed >= command;
        if (isObeyed || isLost || state !== before) requested.delete(name);
      }
      const isActive = ACTIVE.includes(state);
      if (status && isActive !== ACTIVE.includes(data.state ?? "")) {
        announce(`${data.run} ${state}`);
      }
      const canResume = ["paused", "stopped", "interrupted", "failed"].includes(state);
      const canControl = Boolean(status) && !isLost && data.can_control;
      const isPaused = canControl && state === "paused";
      const canRestart = Boolean(data.run) && !isActive;
      const isOthers = isActive && !data.can_control;
      /** @type {Record<string, boolean>} */
      const enabled = {
        start: !(isActive && data.owns) && !starting,
        pause: canControl && state === "running",
        resume: canControl && canResume,
        step: isPaused,
        epoch: isPaused,
        stop: canControl && isActive,
        restart: canRestart && !starting,
        new: isActive,
      };
      /** @type {Record<string, boolean>} */
      const visible = {
        pause: !canResume && !isOthers,
        resume: canResume && !isOthers,
        stop: !isOthers,
        step: state === "paused",
        epoch: state === "paused",
        restart: canRestart,
        new: isActive,
      };
      for (const button of buttons) {
        const { name } = button, isBusy = starting === name || requested.has(name);
        button.hidden = !(visible[name] ?? true);
        button.disabled = !enabled[name] || isBusy;
        button.toggleAttribute("aria-busy", isBusy);
      }
      settings.hidden = !isActive || isOthers;
      speedSetting.hidden = state === "paused"; // the timeline has its own meanwhile
      const text = reason(isActive, isLost);
      if (reasonText.textContent !== text) reasonText.textContent = text;
      speed.disabled = rate.disabled = !(canControl && ["running", "paused"].includes(state));
      // What the worker has acknowledged, unless another value is on its way to it or being chosen.
      if (typing !== rate) {
        rate.value = String(requested.get("lr")?.value ?? status?.lr ?? data.lr ?? "");
      }
      if (typing !== speed) {
        speed.value = String(nearestSpeed(requested.get("speed")?.value ?? status?.speed ?? 0));
        describeSpeed();
      }
    }

    /**
     * Why a press had no effect, or why buttons are missing or disabled; "" if that needs no
     * explanation.
     *
     * @param {boolean} isActive whether the run in view trains
     * @param {boolean} isLost whether its stream is
     */
    function reason(isActive, isLost) {
      if (isLost) return stream?.problem || RECONNECTING;
      if (rejection) return rejection;
      const parts = data.problem ? [data.problem] : [];
      if (isActive && !data.can_control) {
        parts.push(
          `This run was started by ${data.started_by}. You can watch it, but not pause or stop it. ` +
            "Press Start to train your own.",
        );
      }
      if (isActive && data.can_control && data.in_race) {
        parts.push(
          "A member of a race: Pause, Resume, Speed and Stop act on all members that train with it.",
        );
      }
      return parts.join(" ");
    }

    /**
     * Tell the script that the run has ended or goes on: the page around it is another then.
     *
     * @param {string} news
     */
    function announce(news) {
      if (news !== announced) setStateValue("announced", news);
      announced = news;
    }

    /** Let the script show another run, or for null the settings. @param {string | null} run */
    function moveTo(run) {
      destination = run;
      cancelReload();
      cancelReload = putInView("run", run);
      setStateValue("move", { id: newKey(), to: run, from_run: data.run });
    }

    /** @param {"start" | "restart"} button */
    async function start(button) {
      [starting, isAnswered, rejection] = [button, false, ""];
      update();
      const content = button === "restart"
        ? { restart: data.run ?? "" }
        : { settings: await settledSettings(() => data) };
      const from = data.run;
      const answer = await startRuns("runs", content);
      isAnswered = true;
      // Unless the script shows it already, or another one that was chosen in the meantime.
      const isToBeShown = answer.run && answer.run !== from && data.run === from;
      if (answer.run && isToBeShown) {
        stopWaiting = follow(answer.run, () => {}); // its stream is there when the script is
        moveTo(answer.run);
      } else starting = "";
      if (!answer.run) rejection = rejectionText(answer, data.labels);
      update();
    }

    /**
     * Send a command to the worker, and wait for it to obey.
     *
     * @param {string} name of the button or setting
     * @param {number} [value]
     */
    async function command(name, value) {
      if (!stream?.status) return;
      const entry = { state: stream.status.state, value, command: null };
      requested.set(name, entry);
      await request(name, value, entry);
      update();
    }

    /**
     * @param {string} what
     * @param {number} [value]
     * @param {Requested} [entry] to be completed
     */
    async function request(what, value, entry) {
      rejection = "";
      update();
      const response = await stream?.request(what, value) ?? {};
      if (entry) entry.command = response.command ?? null;
      if (!response.error) return;
      rejection = rejectionText(response, data.labels);
      if (entry && requested.get(what) === entry) requested.delete(what);
      update();
    }

    /** @param {number} steps for a paused run to take, after those requested for before */
    function advance(steps) {
      target += steps;
      request("step", steps);
    }

    /** @param {string} name of a button */
    function act(name) {
      if (name === "start" || name === "restart") start(name);
      else if (name === "new") moveTo(null);
      else if (!stream?.status) return;
      else if (name === "step" || name === "epoch") {
        target = Math.max(target, stream.status.step);
        advance(name === "step" ? 1 : stepsToEpochEnd({ ...stream.status, step: target }));
      } else command(name);
    }

    function describeSpeed() {
      const text = speedInWords(SPEEDS[Number(speed.value)] ?? 0);
      speed.setAttribute("aria-valuetext", text);
      speedText.textContent = text;
    }

    const pressKey = guard((/** @type {KeyboardEvent} */ event) => {
      let name = KEYS[event.key.toLowerCase()];
      const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
      if (!name || isTyping(event) || event.repeat || hasModifier) return;
      if (name === "pause" && buttons.find((each) => each.name === name)?.hidden) name = "resume";
      const button = buttons.find((each) => each.name === name);
      if (!button || button.hidden || button.disabled) return;
      event.preventDefault();
      act(name);
    });

    for (const button of buttons) button.onclick = guard(() => act(button.name));
    speed.max = speed.value = String(SPEEDS.length - 1);
    for (const input of [speed, rate]) {
      input.oninput = guard(() => {
        typing = input;
        describeSpeed();
      });
      input.onblur = guard(() => {
        typing = null;
        update();
      });
    }
    speed.onchange = guard(() => {
      typing = null;
      command("speed", SPEEDS[Number(speed.value)]);
    });
    rate.onchange = guard(() => {
      typing = null;
      command("lr", rate.valueAsNumber);
    });
    document.addEventListener("keydown", pressKey);

    return {
      /** @param {Data} news */
      update(news) {
        if (news.run !== data.run) {
          requested.clear();
          target = 0;
          if (isAnswered) starting = "";
          stopWaiting();
        }
        const isChanged = JSON.stringify([news.run, news.settings]) !==
          JSON.stringify([data.run, data.settings]);
        if (isChanged) rejection = "";
        data = news;
        if (data.run === destination) cancelReload();
        update();
      },
      show(news) {
        stream = news;
        const { run, status, lostAt, goneMessage, problem } = news;
        const now = [
          run,
          status?.state,
          status?.lr,
          status?.speed,
          status?.last_obeyed,
          lostAt === null,
          goneMessage,
          problem,
        ].join();
        if (now !== shown) update(); // not with every snapshot
        shown = now;
      },
      end() {
        stopWaiting();
        cancelReload();
        document.removeEventListener("keydown", pressKey);
      },
    };
  });
}
