// The offer to watch a run of somebody else that is active now.

import { mount } from "../../lib/component.js";
import { element, find } from "../../lib/dom.js";
import { dropDown } from "../../lib/dropdown.js";
import { socketUrl } from "../../lib/urls.js";
import { STATES } from "../run_status/texts.js";
import { followLiveRuns, offered, offerText } from "./offer.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { ActiveRun } from "./offer.js" */

const MAX_LISTED = 20;

/** @param {Call} call */
export default function liveRuns(call) {
  return mount(call, (parent, { setTriggerValue, guard }) => {
    const offer = find(parent, ".offer", HTMLElement);
    const button = find(parent, ".offer button", HTMLButtonElement);
    const count = find(parent, ".count", HTMLElement);
    const list = find(parent, ".dropdown", HTMLElement);
    /** @type {ActiveRun[]} */
    let runs = [];
    /** @type {string | null} */
    let inView = null;
    let shown = "";

    function draw() {
      const others = offered(runs, inView), now = JSON.stringify(others);
      if (now === shown) return;
      shown = now;
      offer.classList.toggle("none", !others.length);
      if (!others.length) return list.hidePopover();
      count.textContent = offerText(others.length);
      const root = /** @type {Document | ShadowRoot} */ (list.getRootNode());
      const focused = root.activeElement?.id;
      list.replaceChildren(...others.slice(0, MAX_LISTED).map(row));
      const more = others.length - MAX_LISTED;
      if (more > 0) {
        list.append(element("p", "", `And ${more} more, in the table of recorded runs.`));
      }
      if (focused) root.getElementById(focused)?.focus();
    }

    /** @param {ActiveRun} run */
    function row({ id, name, network, state }) {
      const choice = element("button");
      choice.id = `watch ${id}`;
      choice.append(element("span", "name", name));
      choice.append(element("span", "details", `${network}, ${STATES[state].toLowerCase()}`));
      choice.onclick = guard(() => {
        list.hidePopover();
        setTriggerValue("chosen", id);
      });
      return choice;
    }

    dropDown(button, list);
    const unfollow = followLiveRuns(
      socketUrl("live-runs"),
      guard((news) => {
        runs = news;
        draw();
      }),
    );
    return {
      /** @param {{ in_view: string | null }} data see pages/components/live_runs.py */
      update({ in_view }) {
        inView = in_view;
        draw();
      },
      end: unfollow,
    };
  });
}
