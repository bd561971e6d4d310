// Asks for the rest of the page once the answer has been drawn, unless another one is on its way:
// see pages/draw/prediction.py and paper.js.

export default function (component) {
  return mount(component, (parent, { setStateValue }) => {
    let shown = 0, asking = null;
    const changing = () => clearTimeout(asking);
    // What came in one go need not be asked for: a moment later it is there.
    const answered = ({ detail }) => {
      clearTimeout(asking);
      asking = setTimeout(() => detail > shown && setStateValue("turn", detail), 20);
    };
    document.addEventListener("digitscope-changing", changing);
    document.addEventListener("digitscope-answered", answered);
    return {
      data({ turn }) { shown = turn; },
      end() {
        clearTimeout(asking);
        document.removeEventListener("digitscope-changing", changing);
        document.removeEventListener("digitscope-answered", answered);
      },
    };
  });
}
