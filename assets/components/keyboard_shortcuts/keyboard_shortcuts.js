// The keys that the pages know, and the switch for those that are single characters.

import { mount } from "../../lib/component.js";
import { find } from "../../lib/dom.js";
import { hasShortcuts, switchShortcuts } from "../../lib/keyboard.js";

/** @import { Call } from "../../lib/component.js" */

/** @param {Call} call */
export default function keyboardShortcuts(call) {
  return mount(call, (parent, { guard }) => {
    const box = find(parent, "input", HTMLInputElement);
    box.checked = hasShortcuts();
    box.onchange = guard(() => switchShortcuts(box.checked));
    return {};
  });
}
