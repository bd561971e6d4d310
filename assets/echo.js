// Asks for the rest of the page once the answer has been drawn: see pages/parts/reading.py.

export default function (component) {
  return mount(component, (parent, { setStateValue }) => {
    let shown = 0, asked = 0;
    // What came in one go need not be asked for: a moment later it is there.
    const answered = ({ detail }) => setTimeout(() => {
      if (detail > shown && detail > asked) setStateValue("turn", (asked = detail));
    }, 20);
    document.addEventListener("digitscope-answered", answered);
    return {
      data({ turn }) { shown = turn; },
      end() { document.removeEventListener("digitscope-answered", answered); },
    };
  });
}
