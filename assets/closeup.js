// One picture, large, and how likely the network finds each digit.

export default function (component) {
  return drawn(component, (place, { image, alt, bars, truth, answer }, theme) => {
    const canvas = element("canvas"), table = element("table");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", alt);
    shade(canvas, image, theme);
    table.append(element("caption", "", "How likely it finds each digit"));
    bars.forEach((value, digit) => {
      const row = element("tr", digit === truth ? "truth" : digit === answer ? "answer" : "");
      const name = element("th", "", String(digit)), length = element("td", "length"), bar = element("i");
      name.scope = "row";
      bar.style.width = `${100 * value}%`;
      length.append(bar);
      const mark = digit === truth ? (digit === answer ? "answer and truth" : "truth") : digit === answer ? "answer" : "";
      row.append(name, length, element("td", "value", value >= 0.0005 ? `${(100 * value).toFixed(1)} %` : "–"), element("td", "mark", mark));
      table.append(row);
    });
    place.replaceChildren(canvas, table);
  });
}
