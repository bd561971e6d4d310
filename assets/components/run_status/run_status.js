// The status line: the run's state, how far it is, and what there is to say about it.

import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { announcement, message, progress, STATES } from "./texts.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */

const CLOCK_INTERVAL = 1000; // milliseconds

/** @param {Call} call */
export default function runStatus(call) {
  return mount(call, (parent, { guard }) => {
    const part = (/** @type {string} */ name) => find(parent, `.${name}`, HTMLElement);
    const bar = part("progress-bar"), done = part("done");
    /** @type {Stream | null} */
    let stream = null;

    /** Screen readers read a text again that is set again. */
    const setText = (/** @type {string} */ name, /** @type {string} */ text) => {
      const element = part(name);
      if (element.textContent !== text) element.textContent = text;
    };

    /** @param {Stream} news */
    function show(news) {
      stream = news;
      const { status, goneMessage } = news;
      setText("state", goneMessage ? "Deleted" : STATES[status?.state ?? ""] ?? "");
      setText("progress", goneMessage || (status ? progress(status) : ""));
      setText("message", message(news, Date.now()));
      setText("spoken", announcement(news));
      const share = status?.total_steps ? status.step / status.total_steps : 0;
      done.style.width = `${100 * share}%`;
      bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      if (parent instanceof ShadowRoot) parent.host.setAttribute("data-state", status?.state ?? "");
    }

    // The age of what is shown, while the connection is lost.
    const clock = setInterval(guard(() => stream?.lostAt && show(stream)), CLOCK_INTERVAL);
    return {
      /** @param {{ run: string | null, about: string, hint: string }} data hint: without a run */
      update({ run, about, hint }) {
        setText("about", about);
        if (run) return;
        stream = null;
        setText("state", "Untrained");
        setText("progress", hint);
        setText("message", "");
        setText("spoken", "");
        done.style.width = "0";
      },
      show,
      end: () => clearInterval(clock),
    };
  });
}
