// A sheet of pictures with two lines and, where given, ten small bars each; a click opens one.

export default function (component) {
  return drawn(component, (place, { cards }, theme, { setTriggerValue }) => {
    const before = place.contains(place.getRootNode().activeElement);
    place.replaceChildren(...cards.map((card) => {
      const button = element("button", "card"), canvas = element("canvas");
      button.setAttribute("aria-label", `${card.alt} Open it.`);
      shade(canvas, card.image, theme);
      button.append(canvas);
      if (card.bars) {
        const bars = element("span", "bars");
        card.bars.forEach((value, digit) => {
          const bar = element("i", digit === card.truth ? "truth" : digit === card.answer ? "answer" : "");
          bar.style.height = `${Math.max(4, 100 * value)}%`;
          bars.append(bar);
        });
        button.append(bars);
      }
      button.append(element("b", "", card.title), element("span", "note", card.note));
      button.onclick = () => setTriggerValue("opened", card.row);
      return button;
    }));
    if (before) place.querySelector("button")?.focus();
  });
}
