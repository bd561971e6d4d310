// Small pictures in groups, drawn in the theme's colours: ink, and signed numbers (blue: above 0,
// red: below). Each group has its pictures, a sign between each two, a title and a sentence.

function shade(canvas, picture, theme) {
  const bytes = Uint8Array.from(atob(picture.values), (c) => c.charCodeAt(0));
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(picture.width, picture.height);
  const paper = rgb(theme.panel), ink = rgb(theme.text);
  const above = rgb(theme.positive), below = rgb(theme.negative);
  bytes.forEach((byte, i) => {
    const value = picture.signed ? (byte << 24 >> 24) / 127 : byte / 255;
    const end = !picture.signed ? ink : value < 0 ? below : above;
    const t = picture.signed ? Math.min(1, Math.abs(value)) ** 0.8 : value;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(paper[c] + (end[c] - paper[c]) * t);
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
      const theme = colours(row);
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

    const recolour = setInterval(() => latest && JSON.stringify(colours(row)) !== drawnIn && draw(), 1000);
    return {
      data(data) {
        latest = data;
        draw();
      },
      end: () => clearInterval(recolour),
    };
  });
}
