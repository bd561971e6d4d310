// Above the canvas: undo, clear, pens and their keys. The canvas is streamlit-drawable-canvas's own
// component, in an open shadow root; its toolbar is hidden and its buttons are pressed from here.

const LOOK = `
  .dc-toolbar { display: none !important; }
  .dc-root { width: min(400px, 100vw - 2rem); max-width: none; }
  .dc-scroll { overflow: hidden !important; }
  .dc-container, .dc-container canvas, .canvas-container { width: 100% !important; height: auto !important; aspect-ratio: 1; }
  .dc-container { border-radius: 10px; overflow: hidden; background: #fff; }
  .dc-canvas { outline: none; }
  .dc-container::after { content: ""; position: absolute; inset: 0; z-index: 30; border: 1px solid var(--st-border-color); border-radius: 10px; pointer-events: none; }
  .dc-container.dark canvas { filter: invert(1); mix-blend-mode: screen; }
  .dc-container.dark { background: var(--st-secondary-background-color); isolation: isolate; }
  .dc-container .hint { position: absolute; inset: 0; z-index: 25; display: grid; place-content: center; gap: 0.35rem; padding: 2rem; text-align: center; font: 1.15rem var(--st-font); color: #6b7480; pointer-events: none; }
  .dc-container.dark .hint { color: #9aa4b2; }
  .dc-container .hint small { font-size: 0.85rem; }
  .dc-container .hint[hidden] { display: none; }
`;
const SEND = "Update the app with this drawing", PATIENCE = 1000; // milliseconds
const LARGEST = 1200; // pixels of a pasted picture's longer side
const HINT = "Write one digit here, large<small>with the mouse, a finger or a pen</small>";

export default function (component) {
  return mount(component, (parent, { setStateValue, setTriggerValue }) => {
    const undo = parent.querySelector("[name=undo]"), clear = parent.querySelector("[name=clear]");
    const pens = [...parent.querySelectorAll("[name=pen]")];
    const hint = Object.assign(document.createElement("div"), { className: "hint", innerHTML: HINT });
    let root = null, latest = {}, writing = false, looking = null, again = null;

    const press = (label) => root?.querySelector(`[aria-label="${label}"]`)?.click();
    const undone = () => root.querySelector('[aria-label="Undo"]');

    // The canvas may come later than this, and another one in its place.
    function find() {
      clearTimeout(looking);
      const found = [...document.querySelectorAll(".st-key-paper *")]
        .find((element) => element.shadowRoot?.querySelector(".dc-root"))?.shadowRoot;
      if (!found) return void (looking = setTimeout(find, 50));
      if (found === root && root.querySelector(".hint")) return;
      root = found;
      const style = document.createElement("style");
      style.textContent = LOOK;
      root.append(style);
      const box = root.querySelector(".dc-container"), canvas = root.querySelector(".upper-canvas");
      box.append(hint);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "The paper: write one digit on it");
      for (const kind of ["mousedown", "touchstart"])
        canvas.addEventListener(kind, () => { writing = true; hint.hidden = true; changing(); }, { passive: true });
      // What the canvas can undo says whether something is on it.
      new MutationObserver(look).observe(undone(), { attributes: true });
      look();
    }

    function look() {
      if (!root) return;
      const empty = undone().disabled;
      undo.disabled = empty;
      clear.disabled = empty && !latest.picture;
      hint.hidden = !empty || writing || Boolean(latest.picture);
      const [r, g, b] = rgb(colors(parent.host ?? parent).background || "#fff");
      root.querySelector(".dc-container").classList.toggle("dark", r + g + b < 384 && !latest.photo);
    }

    // Streamlit sends what changes in one moment under the fragment that changed first, and runs no
    // other: while a drawing is on its way, nothing else is asked for (see echo.js), and what has
    // just been asked for is sent before it. Without an answer it is posted once more.
    const changing = () => document.dispatchEvent(new Event("digitscope-changing"));
    const answered = () => clearTimeout(again);
    function change(label) {
      changing();
      setTimeout(() => press(label));
      answered();
      again = setTimeout(() => writing || press(SEND), PATIENCE);
    }

    // The canvas would wait a fifth of a second for more strokes before it posts.
    function lifted() {
      if (!writing) return;
      writing = false;
      change(SEND);
    }

    function typed(event) {
      const at = event.composedPath()[0];
      const writes = at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && !/^(radio|checkbox|range|button)$/.test(at.type);
      if (writes || event.altKey || event.shiftKey || event.defaultPrevented) return;
      const command = event.ctrlKey || event.metaKey;
      if (event.key.toLowerCase() === "z" && !undo.disabled) undo.click();
      else if (event.key === "Delete" && !command && !clear.disabled) clear.click();
      else return;
      event.preventDefault();
    }

    // A picture from the clipboard, made small enough to send.
    async function pasted(event) {
      const item = [...(event.clipboardData?.items ?? [])].find(({ type }) => type.startsWith("image/"));
      if (!item) return;
      event.preventDefault();
      const bitmap = await createImageBitmap(item.getAsFile()).catch(() => null);
      if (!bitmap) return;
      const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
      const sheet = document.createElement("canvas");
      sheet.width = Math.max(1, Math.round(bitmap.width * scale));
      sheet.height = Math.max(1, Math.round(bitmap.height * scale));
      sheet.getContext("2d").drawImage(bitmap, 0, 0, sheet.width, sheet.height);
      setTriggerValue("pasted", sheet.toDataURL("image/png"));
    }

    undo.onclick = () => change("Undo");
    clear.onclick = () => {
      // Without the picture the canvas begins anew by itself; two posts at once might become one.
      if (latest.picture) setTriggerValue("cleared", true);
      else change("Reset canvas & history");
    };
    for (const pen of pens) pen.onchange = () => setStateValue("pen", Number(pen.value));
    document.addEventListener("keydown", typed);
    document.addEventListener("paste", pasted);
    document.addEventListener("digitscope-answered", answered);
    window.addEventListener("mouseup", lifted);
    window.addEventListener("touchend", lifted);
    window.addEventListener("touchcancel", lifted);

    const recolor = setInterval(look, 1000); // the theme may change without a word
    return {
      data(data) {
        latest = data;
        for (const pen of pens) pen.checked = Number(pen.value) === data.pen;
        find();
        look();
      },
      end() {
        clearInterval(recolor);
        clearTimeout(looking);
        answered();
        document.removeEventListener("digitscope-answered", answered);
        document.removeEventListener("keydown", typed);
        document.removeEventListener("paste", pasted);
        for (const kind of ["mouseup", "touchend", "touchcancel"]) window.removeEventListener(kind, lifted);
      },
    };
  });
}
