// Small pictures in groups: ink on paper and signed numbers (blue: above 0, red: below) in the
// theme's colors; light is light on black whatever the theme. Each group has its pictures, a sign
// between each two, a title and a sentence.

const BLACK = [0, 0, 0], WHITE = [255, 255, 255];

function shade(canvas, picture, theme) {
  const bytes = Uint8Array.from(atob(picture.values), (c) => c.charCodeAt(0));
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(picture.width, picture.height);
  const paper = rgb(theme.panel), ink = rgb(theme.text);
  const above = rgb(theme.positive), below = rgb(theme.negative);
  bytes.forEach((byte, i) => {
    const value = picture.kind === "signed" ? (byte << 24 >> 24) / 127 : byte / 255;
    const end = picture.kind === "ink" ? ink : picture.kind === "light" ? WHITE : value < 0 ? below : above;
    const from = picture.kind === "light" ? BLACK : paper;
    const t = picture.kind === "signed" ? Math.min(1, Math.abs(value)) ** 0.8 : value;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(from[c] + (end[c] - from[c]) * t);
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  canvas.classList.toggle("smooth", Math.max(picture.width, picture.height) > 80);
}

export default function (component) {
  return mount(component, (parent) => {
    const row = parent.querySelector(".row");
    let latest = null, drawnIn = "";

    function element(tag, text, kind = "") {
      const made = document.createElement(tag);
      if (kind) made.className = kind;
      made.textContent = text;
      return made;
    }

    function draw() {
      const theme = colors(row);
      if (!theme.panel) return; // it is not on the page, or no longer
      drawnIn = JSON.stringify(theme);
      row.style.setProperty("--size", `${latest.size}px`);
      row.classList.toggle("way", Boolean(latest.way));
      row.replaceChildren(...latest.groups.map((group) => {
        const figure = document.createElement("figure"), line = element("div", "", "line");
        group.pictures.forEach((picture, i) => {
          if (i) line.append(element("span", group.signs[i - 1], "sign"));
          const canvas = document.createElement("canvas");
          canvas.setAttribute("role", "img");
          canvas.setAttribute("aria-label", picture.alt);
          const box = element("div", "", "box");
          shade(canvas, picture, theme);
          box.append(canvas);
          line.append(box);
        });
        const caption = document.createElement("figcaption");
        if (group.title) caption.append(element("b", group.title));
        caption.append(element("span", group.note));
        figure.append(line, caption);
        return figure;
      }));
    }

    const recolor = setInterval(() => latest && JSON.stringify(colors(row)) !== drawnIn && draw(), 1000);
    return {
      data(data) {
        latest = data;
        draw();
      },
      end: () => clearInterval(recolor),
    };
  });
}
