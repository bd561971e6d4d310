// What all components share: mounting, drawing anew, and telling about faults.

import { element, find } from "./dom.js";
import { withholdCharacter } from "./keyboard.js";
import { follow } from "./stream.js";
import { observeTheme, themeOf } from "./theme.js";

/** @import { Stream } from "./stream.js" */
/** @import { Theme } from "./theme.js" */

const LEAVE_DELAY = 200; // milliseconds
const NAVIGATION = 2000; // milliseconds that another page may take to come

let navigatedAt = -Infinity; // milliseconds
if (globalThis.window) {
  addEventListener("keydown", withholdCharacter, true); // before any other listener of the page
  addEventListener("click", (event) => { // after Streamlit's own listener
    if (event.target instanceof Element && event.target.closest("[data-testid=stSidebarNavLink]")) {
      navigatedAt = performance.now();
    }
  });
}

/**
 * What Streamlit calls a component with, after every script run.
 *
 * @typedef {object} Call
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {any} data
 * @property {(name: string, value: unknown) => void} setStateValue
 * @property {(name: string, value: unknown) => void} setTriggerValue
 */

/**
 * Makes an action one that does not throw: its error is shown in the component instead.
 *
 * @typedef {<A extends unknown[]>(action: (...args: A) => void) => (...args: A) => void} Guard
 */

/** @typedef {Pick<Call, "setStateValue" | "setTriggerValue"> & { guard: Guard }} Tools */

/**
 * @typedef {object} View
 * @property {(data: any) => void} [update] takes what the script says
 * @property {(stream: Stream) => void} [show] takes the news of the run
 * @property {() => void} [recolor] draws in the colors of another theme
 * @property {() => void} [end]
 */

/**
 * @typedef {object} Mounted
 * @property {(data: any) => void} update
 * @property {() => void} end
 * @property {ReturnType<typeof setTimeout>} [leaving]
 * @property {() => void} [leave] what the latest call returned
 */

/** @type {WeakMap<Node, Mounted>} */
const mounted = new WeakMap();

/**
 * A component: `create` builds its view once. Streamlit calls the component again after every
 * script run; view and stream stay. A component whose data names a `run` follows its stream.
 *
 * The browser shows the component's HTML before this script has arrived. Its controls are `inert`
 * until then: nothing else would follow a click.
 *
 * @param {Call} call
 * @param {(parent: HTMLElement | ShadowRoot, tools: Tools) => View} create
 */
export function mount({ parentElement, data, setStateValue, setTriggerValue }, create) {
  const guard = guardIn(parentElement);
  for (const part of parentElement.querySelectorAll("[inert]")) part.removeAttribute("inert");
  /**
   * Streamlit stays on this page if a value follows a click on another page's link at once.
   *
   * @param {Call["setStateValue"]} send
   * @returns {Call["setStateValue"]}
   */
  const unlessLeaving = (send) => (name, value) => {
    const wait = navigatedAt + NAVIGATION - performance.now();
    if (wait <= 0) return send(name, value);
    setTimeout(() => mounted.has(parentElement) && send(name, value), wait);
  };
  const tools = {
    setStateValue: unlessLeaving(setStateValue),
    setTriggerValue: unlessLeaving(setTriggerValue),
    guard,
  };
  const component = mounted.get(parentElement) ??
    connected(parentElement, create(parentElement, tools), guard);
  mounted.set(parentElement, component);
  clearTimeout(component.leaving);
  component.update(data);
  const leave = () => {
    // Of two calls before this script has arrived, Streamlit may leave the first one after the
    // second one has been made.
    if (component.leave !== leave) return;
    component.leaving = setTimeout(() => {
      component.end();
      mounted.delete(parentElement);
    }, LEAVE_DELAY);
  };
  component.leave = leave;
  return leave;
}

/**
 * The view, connected to the stream of its run and to the theme.
 *
 * @param {HTMLElement | ShadowRoot} parent
 * @param {View} view
 * @param {Guard} guard
 * @returns {Mounted}
 */
function connected(parent, view, guard) {
  const update = guard((/** @type {any} */ data) => view.update?.(data));
  const show = guard((/** @type {Stream} */ stream) => view.show?.(stream));
  const unobserve = view.recolor ? observeTheme(parent, guard(view.recolor)) : () => {};
  /** @type {string | null} */
  let run = null;
  let unfollow = () => {};
  return {
    update(data) {
      update(data);
      if ((data.run ?? null) === run) return;
      run = data.run ?? null;
      unfollow();
      unfollow = run ? follow(run, show) : () => {};
    },
    end() {
      unfollow();
      unobserve();
      view.end?.();
    },
  };
}

/**
 * The guard of one component. Its message goes when everything works again.
 *
 * @param {Node} parent
 * @returns {Guard}
 */
export function guardIn(parent) {
  const failing = new Set();
  const message = element("p", "component-error");
  message.setAttribute("role", "alert");
  return (action) => (...args) => {
    try {
      action(...args);
      failing.delete(action);
    } catch (error) {
      if (!failing.has(action)) console.error("Digitscope: a component could not draw.", error);
      failing.add(action);
      message.textContent =
        `This cannot be drawn: ${error instanceof Error ? error.message : error}.` +
        " Reload the page; the browser’s console has the details.";
      parent.appendChild(message);
    }
    if (!failing.size) message.remove();
  };
}

/**
 * A component without a stream: `draw` fills the element with the class "content" anew when data
 * or theme have changed.
 *
 * @param {Call} call
 * @param {(content: HTMLElement, data: any, theme: Theme, tools: Tools) => void} draw
 * @param {(content: HTMLElement) => void} [end]
 */
export function mountDrawing(call, draw, end = () => {}) {
  return mount(call, (parent, tools) => {
    const content = find(parent, ".content", HTMLElement);
    /** @type {any} */
    let latest = null;
    let drawn = "";
    function redraw() {
      const theme = themeOf(content), now = JSON.stringify([latest, theme]);
      if (!latest || !theme.panel || now === drawn) return; // not on the page yet, or nothing new
      drawn = now;
      draw(content, latest, theme, tools);
    }
    return {
      update(data) {
        latest = data;
        redraw();
      },
      recolor: redraw,
      end: () => end(content),
    };
  });
}
