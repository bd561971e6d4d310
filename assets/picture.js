// One neuron's weights, large: a canvas whose values can be read under the pointer or with the arrow
// keys, and the scale beside it.

const SIDE = 28;

// place: the element with both canvases; said: where a value is written.
function picture(place, said) {
  const canvas = place.querySelector(".weights"), bar = place.querySelector(".scale");
  let weights = null, full = 0, at = null, name = "";

  function draw() {
    if (!weights) return;
    const theme = colors(canvas), palette = shades(theme);
    canvas.width = canvas.height = SIDE;
    const image = new ImageData(SIDE, SIDE), pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      const share = full ? (127 * weights[i]) / full : 0;
      pixels[i] = palette[(Number.isFinite(share) ? Math.round(Math.max(-127, Math.min(127, share))) : 0) + 128];
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    canvas.setAttribute("aria-label", `${name}: a picture of 28 × 28 weights, from −${short(full)} (red) to ${short(full)} (blue). Arrow keys read the values.`);
    drawBar(theme, palette);
    tell();
  }

  function drawBar(theme, palette) {
    const ratio = devicePixelRatio || 1, tall = canvas.clientHeight, wide = 56;
    bar.width = wide * ratio;
    bar.height = tall * ratio;
    bar.style.height = `${tall}px`;
    const brush = bar.getContext("2d");
    brush.scale(ratio, ratio);
    for (let y = 0; y < tall; y++) {
      const color = palette[Math.round(127 - (254 * y) / Math.max(1, tall - 1)) + 128];
      brush.fillStyle = `rgb(${color & 255}, ${(color >> 8) & 255}, ${(color >> 16) & 255})`;
      brush.fillRect(0, y, 10, 1);
    }
    brush.fillStyle = theme.text;
    brush.font = `11px ${theme.font}`;
    for (const [value, y, base] of [[full, 0, "top"], [0, tall / 2, "middle"], [-full, tall, "bottom"]]) {
      brush.textBaseline = base;
      brush.fillText(short(value), 14, y);
    }
  }

  function tell() {
    said.textContent = at === null || !weights ? "" : `Row ${Math.floor(at / SIDE) + 1}, column ${(at % SIDE) + 1}: ${short(weights[at])}`;
  }

  canvas.onpointermove = canvas.onpointerdown = ({ offsetX, offsetY }) => {
    const [x, y] = [offsetX, offsetY].map((p) => Math.max(0, Math.min(SIDE - 1, Math.floor((p * SIDE) / canvas.clientWidth))));
    at = y * SIDE + x;
    tell();
  };
  canvas.onpointerleave = canvas.onblur = () => { at = null; tell(); };
  canvas.onkeydown = (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE }[event.key];
    if (!move) return;
    at = Math.max(0, Math.min(SIDE * SIDE - 1, (at ?? SIDE * 14 + 14) + move));
    event.preventDefault();
    tell();
  };

  return {
    draw,
    show(of, what, scale) { [weights, name, full] = [of, what, scale ?? of.reduce((most, w) => Math.max(most, Math.abs(w)), 0)]; draw(); },
  };
}

// Two digits of it, or all before the point
function short(value) {
  const size = Math.abs(value), sign = value < 0 ? "−" : "";
  if (!size) return "0";
  return sign + (size < 0.001 ? size.toExponential(1) : size >= 100 ? prettyCount.format(Math.round(size)) : size.toPrecision(2));
}
