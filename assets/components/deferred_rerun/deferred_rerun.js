// Reruns its fragment once a prediction has been drawn, unless a new drawing is on its way: see
// pages/draw/prediction.py and canvas_tools.js.

import { mount } from "../../lib/component.js";

/** @import { Call } from "../../lib/component.js" */

const DELAY = 20; // milliseconds: what comes with the prediction itself need not be asked for

/** @param {Call} call */
export default function deferredRerun(call) {
  return mount(call, (_, { setStateValue }) => {
    let shownTurn = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const cancel = () => clearTimeout(timer);
    const rerun = (/** @type {Event} */ event) => {
      const turn = event instanceof CustomEvent ? event.detail : 0;
      clearTimeout(timer);
      timer = setTimeout(() => turn > shownTurn && setStateValue("turn", turn), DELAY);
    };
    document.addEventListener("digitscope-drawing-changed", cancel);
    document.addEventListener("digitscope-predicted", rerun);
    return {
      /** @param {{ turn: number }} data of the prediction that the fragment shows */
      update({ turn }) {
        shownTurn = turn;
      },
      end() {
        clearTimeout(timer);
        document.removeEventListener("digitscope-drawing-changed", cancel);
        document.removeEventListener("digitscope-predicted", rerun);
      },
    };
  });
}
