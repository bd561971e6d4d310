// A row for all digits and one for each: the share read right now, and along the run.

const WIDE = 160, TALL = 26, SPACE = 3; // of the curve, in its own units
const svg = (tag, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

// along: shares 0–1 or null, at x from 0 to 1; now: the last of them that has been reached.
function curve(at, along) {
  const high = (share) => SPACE + (TALL - 2 * SPACE) * (1 - share), x = (t) => SPACE + (WIDE - 2 * SPACE) * t;
  const points = along.map((share, i) => share !== null && [x(at[i]), high(share)]).filter(Boolean);
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, "aria-hidden": "true" });
  picture.append(svg("path", { d: `M${SPACE} ${high(0)}H${WIDE - SPACE}`, class: "ground" }));
  if (points.length) {
    picture.append(svg("polyline", { points: points.join(" "), class: "line" }));
    const [cx, cy] = points.at(-1);
    picture.append(svg("circle", { cx, cy, r: 2.5 }));
  }
  return picture;
}

export default function (component) {
  return drawn(component, (place, { heads, rows, at }) => {
    const table = element("table"), head = element("tr");
    for (const text of heads) {
      const cell = element("th", "", text);
      cell.scope = "col";
      head.append(cell);
    }
    table.append(element("thead"), element("tbody"));
    table.tHead.append(head);
    const most = Math.max(...rows.map((row) => (row.now === null ? 0 : 1 - row.now)));
    for (const row of rows) {
      const line = element("tr"), name = element("th", "", row.name), wrong = element("td");
      name.scope = "row";
      line.append(name, element("td", "value", row.now === null ? "–" : `${(100 * row.now).toFixed(1)} %`));
      if (at.length > 1) {
        const along = element("td", "along");
        along.append(curve(at, row.along), element("span", "value", row.gain));
        line.append(along);
      }
      // Against the digit that is read worst: next to it 98 and 99 % look alike.
      const length = element("span", "length"), bar = element("i");
      bar.style.width = `${row.now === null ? 0 : (100 * (1 - row.now)) / (most || 1)}%`;
      length.append(bar);
      wrong.append(length, element("span", "", row.wrong));
      line.append(wrong, element("td", "", row.taken));
      table.tBodies[0].append(line);
    }
    table.setAttribute("aria-label", "How well each digit is read");
    place.replaceChildren(table);
    place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1; // the keyboard scrolls it
  });
}
