// Shared by what shows digits: 28 × 28 bytes (base64) as ink on paper in the theme's colors.

function shade(canvas, image, theme) {
  const bytes = Uint8Array.from(atob(image), (c) => c.charCodeAt(0));
  canvas.width = canvas.height = 28;
  const brush = canvas.getContext("2d"), made = brush.createImageData(28, 28);
  const paper = rgb(theme.panel), ink = rgb(theme.text);
  bytes.forEach((byte, i) => {
    for (let c = 0; c < 3; c++) made.data[4 * i + c] = paper[c] + ((ink[c] - paper[c]) * byte) / 255;
    made.data[4 * i + 3] = 255;
  });
  brush.putImageData(made, 0, 0);
}

function element(tag, kind = "", text = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

// A component that draws `draw(parent, data, theme, streamlit)` anew when its data or the theme
// change, and not with every script run; `end(parent)` when it leaves the page.
function drawn(component, draw, end = () => {}) {
  return mount(component, (parent, streamlit) => {
    const place = parent.querySelector(".place");
    let latest = null, before = "";
    function look() {
      const theme = colors(place), now = JSON.stringify([latest, theme]);
      if (!latest || !theme.panel || now === before) return; // not on the page yet, or nothing new
      before = now;
      draw(place, latest, theme, streamlit);
    }
    const recolor = setInterval(look, 1000);
    return {
      data(data) {
        latest = data;
        look();
      },
      end() {
        clearInterval(recolor);
        end(place);
      },
    };
  });
}
