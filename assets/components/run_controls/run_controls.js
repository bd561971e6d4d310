// The buttons of the run in view. What concerns its worker goes over its stream, so that it is
// obeyed at once, whatever Streamlit's script is doing; Start, Restart and New run need the
// script, which has the settings.

import { mount } from "../../lib/component.js";
import { find, isTyping } from "../../lib/dom.js";
import { nearestSpeed, SPEEDS, stepsToEpochEnd } from "./speeds.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */

const RESEND_DELAY = 2000; // milliseconds after which an unconfirmed press is sent again
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
 * @property {boolean} can_start whether the settings are valid
 * @property {number | null} lr of the run's configuration
 * @property {string | null} confirmed the press that the script handled last
 */

/**
 * Why buttons are missing or disabled; "" if that needs no explanation.
 *
 * @param {Data} data
 * @param {boolean} isOthers whether the run in view trains and belongs to somebody else
 */
function reason({ can_start, started_by }, isOthers) {
  const parts = [];
  if (!can_start) parts.push("A setting is not valid: see the message in the sidebar.");
  if (isOthers) {
    parts.push(
      `You are watching a run started by ${started_by}, which only they can pause or stop.` +
        (can_start ? " Start begins your own." : ""),
    );
  }
  return parts.join(" ");
}

/** @param {Call} call */
export default function runControls(call) {
  return mount(call, (parent, { setStateValue, setTriggerValue, guard }) => {
    const buttons = [...parent.querySelectorAll("button")];
    const settings = find(parent, ".settings", HTMLElement);
    const reasonText = find(parent, ".reason", HTMLElement);
    const speed = find(parent, "[name=speed]", HTMLInputElement);
    const speedText = find(parent, "output", HTMLOutputElement);
    const rate = find(parent, "[name=rate]", HTMLInputElement);

    let data = /** @type {Data} */ ({});
    /** @type {Stream | null} */
    let stream = null;
    /** @type {{ what: string, id: string } | null} for the script, and not confirmed yet */
    let press = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let resendTimer;
    /** @type {{ state: string, button: string } | null} a command that changed no state yet */
    let pending = null;
    /** @type {number | null} batches a second, asked for and not acknowledged yet */
    let pendingSpeed = null;
    let shown = ""; // what of the stream the buttons show
    let announced = ""; // the state that the script was told

    function update() {
      const live = stream && stream.run === data.run ? stream : null;
      const status = live?.status;
      const state = (live?.goneMessage ? null : status?.state ?? data.state) ?? "";
      if (pending && (pending.state !== state || live?.commandError)) pending = null;
      const isActive = ACTIVE.includes(state);
      if (status && isActive !== ACTIVE.includes(data.state ?? "")) {
        announce(`${data.run} ${state}`);
      }
      const canResume = ["paused", "stopped", "interrupted"].includes(state);
      const canControl = Boolean(status) && live?.lostAt === null && data.can_control;
      const isPaused = canControl && state === "paused";
      const canRestart = Boolean(data.run) && !isActive;
      const isOthers = isActive && !data.can_control;
      /** @type {Record<string, boolean>} */
      const enabled = {
        start: data.can_start && !(isActive && data.owns),
        pause: canControl && state === "running",
        resume: canControl && canResume,
        step: isPaused,
        epoch: isPaused,
        stop: canControl && isActive,
        restart: canRestart,
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
        const { name } = button, isBusy = press?.what === name || pending?.button === name;
        button.hidden = !(visible[name] ?? true);
        button.disabled = !enabled[name] || isBusy;
        button.toggleAttribute("aria-busy", isBusy);
      }
      settings.hidden = !isActive || isOthers;
      const text = reason(data, isOthers);
      if (reasonText.textContent !== text) reasonText.textContent = text;
      speed.disabled = rate.disabled = !(canControl && ["running", "paused"].includes(state));
      const focused = /** @type {Document | ShadowRoot} */ (parent.getRootNode()).activeElement;
      if (focused !== rate) rate.value = String(status?.lr ?? data.lr ?? "");
      showSpeed(status?.speed ?? 0, live?.commandError);
    }

    /**
     * The speed that the worker has acknowledged, unless another one is on its way to it.
     *
     * @param {number} acknowledged
     * @param {string} [error]
     */
    function showSpeed(acknowledged, error) {
      if (!stream || error || acknowledged === pendingSpeed) pendingSpeed = null;
      if (pendingSpeed !== null) return;
      speed.value = String(nearestSpeed(acknowledged));
      describeSpeed();
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

    /** The script handles each press once, however often it is sent. */
    function sendPress() {
      setTriggerValue("press", press);
      resendTimer = setTimeout(sendPress, RESEND_DELAY);
    }

    /** @param {string} name of a button */
    function act(name) {
      if (["start", "restart", "new"].includes(name)) {
        press = { what: name, id: crypto.getRandomValues(new Uint32Array(2)).join("-") };
        sendPress();
      } else if (stream?.status) {
        if (name === "step") stream.request("step", 1);
        else if (name === "epoch") stream.request("step", stepsToEpochEnd(stream.status));
        else {
          pending = { state: stream.status.state, button: name };
          stream.request(name);
        }
      }
      update();
    }

    function describeSpeed() {
      const value = SPEEDS[Number(speed.value)];
      const text = value ? `${value} per second` : "full speed";
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
    speed.oninput = guard(() => {
      pendingSpeed = SPEEDS[Number(speed.value)];
      describeSpeed();
    });
    speed.onchange = guard(() => stream?.request("speed", SPEEDS[Number(speed.value)]));
    rate.onchange = guard(() => stream?.request("lr", rate.valueAsNumber));
    document.addEventListener("keydown", pressKey);

    return {
      /** @param {Data} news */
      update(news) {
        if (news.run !== data.run) pendingSpeed = null;
        data = news;
        if (press && news.confirmed === press.id) {
          press = null;
          clearTimeout(resendTimer);
        }
        update();
      },
      show(news) {
        stream = news;
        const { run, status, lostAt, goneMessage, commandError } = news;
        const now = [
          run,
          status?.state,
          status?.lr,
          status?.speed,
          lostAt === null,
          goneMessage,
          commandError,
        ].join();
        if (now !== shown) update(); // not with every snapshot
        shown = now;
      },
      end() {
        clearTimeout(resendTimer);
        document.removeEventListener("keydown", pressKey);
      },
    };
  });
}
