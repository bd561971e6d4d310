// Links to copy: to the experiment, which is its settings alone, and to the run.

import { copyText } from "../../lib/clipboard.js";
import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { dropDown } from "../../lib/dropdown.js";
import { formatCount } from "../../lib/numbers.js";
import { urlOf } from "../../lib/urls.js";

/** @import { Call } from "../../lib/component.js" */
/** @import { Stream } from "../../lib/stream.js" */

const FEEDBACK = 4000; // milliseconds

/**
 * @typedef {object} Data see pages/components/share.py
 * @property {string | null} run
 * @property {string} experiment the query of its link; "" without one
 * @property {string} problem why there is none
 */

/** @param {Call} call */
export default function share(call) {
  return mount(call, (parent, { guard }) => {
    const button = (/** @type {string} */ name) =>
      find(parent, `[name=${name}]`, HTMLButtonElement);
    const text = (/** @type {string} */ name) => find(parent, `.${name}`, HTMLElement);
    const field = find(parent, "input", HTMLInputElement);
    const panel = find(parent, ".dropdown", HTMLElement);

    let data = /** @type {Data} */ ({});
    /** @type {Stream | null} */
    let stream = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let feedbackTimer;
    let endFeedback = () => {};

    /** The snapshot in view; undefined: the newest. */
    const snapshot = () => stream?.run === data.run ? stream?.selected?.snapshot : undefined;

    function describe() {
      const shown = snapshot(), line = text("about-run");
      const about = shown
        ? `Opens at the snapshot after ${formatCount(shown.samples_seen ?? 0)} images.`
        : "Opens the run at its newest snapshot.";
      if (line.textContent !== about) line.textContent = about; // not with every snapshot
    }

    /** @param {HTMLButtonElement} pressed @param {string} url */
    async function copy(pressed, url) {
      if (await copyText(url, field, text("fallback"))) confirm(pressed);
      else field.select();
    }

    /** @param {HTMLButtonElement} pressed */
    function confirm(pressed) {
      clearTimeout(feedbackTimer);
      endFeedback();
      const label = find(pressed, "span", HTMLElement), before = label.textContent;
      label.textContent = text("spoken").textContent = "Copied";
      endFeedback = () => {
        label.textContent = before;
        text("spoken").textContent = "";
        endFeedback = () => {};
      };
      feedbackTimer = setTimeout(() => endFeedback(), FEEDBACK);
    }

    dropDown(button("share"), panel);
    button("experiment").onclick = guard(() => {
      copy(button("experiment"), urlOf(`?${data.experiment}`));
    });
    button("run").onclick = guard(() => {
      const step = snapshot()?.step;
      copy(button("run"), urlOf(`?run=${data.run}${step === undefined ? "" : `&step=${step}`}`));
    });
    return {
      /** @param {Data} news */
      update(news) {
        data = news;
        button("experiment").disabled = !data.experiment;
        text("about-experiment").textContent = data.problem || "Opens these settings, untrained.";
        button("run").hidden = text("about-run").hidden = !data.run;
        text("fallback").hidden = true;
        describe();
      },
      show(news) {
        stream = news;
        describe();
      },
      end: () => clearTimeout(feedbackTimer),
    };
  });
}
