// The weight wall: each first-layer neuron's 28 × 28 incoming weights as a tile, all on one canvas.
// Blue: ink there speaks for the neuron; red: against it. Each tile is scaled by its own largest
// weight.

const SIDE = 28, GAP = 2, CELL = SIDE + GAP;

export default function (component) {
  return mount(component, (parent) => {
    const canvas = parent.querySelector("canvas");
    const caption = parent.querySelector("figcaption");
    const small = document.createElement("canvas"); // a pixel a weight
    let frame = null, palette = null, paletteOf = "", drawn = null, last = "";

    // int8 weight + 128 → packed RGBA, from negative through the panel's colour to positive
    function prepare() {
      const theme = colours(canvas);
      const key = theme.panel + theme.positive + theme.negative;
      if (key === paletteOf) return false;
      paletteOf = key;
      const neutral = rgb(theme.panel);
      palette = new Uint32Array(256);
      for (let v = -128; v < 128; v++) {
        const end = rgb(v < 0 ? theme.negative : theme.positive);
        const t = Math.min(1, Math.abs(v) / 127) ** 0.8;
        const [r, g, b] = neutral.map((n, i) => Math.round(n + (end[i] - n) * t));
        palette[v + 128] = (255 << 24) | (b << 16) | (g << 8) | r;
      }
      return true;
    }

    // As many columns as make the tiles largest in the room there is.
    function columns(count, width, height) {
      let best = 1, size = 0;
      for (let c = 1; c <= count; c++) {
        const tile = Math.min(width / c, height / Math.ceil(count / c));
        if (tile > size) [best, size] = [c, tile];
      }
      return best;
    }

    function draw() {
      const width = canvas.parentElement.clientWidth;
      if (!frame || !width) return;
      const repaint = prepare();
      if (!repaint && drawn === frame && canvas.dataset.width == width) return;
      const { neurons, tiles } = frame;
      // On a wide screen the whole wall is seen without scrolling; on a phone it may be tall.
      const room = innerWidth < 700 ? 1.3 * width : Math.max(320, innerHeight - 290);
      const across = columns(neurons, width, room), down = Math.ceil(neurons / across);
      const cell = Math.min(width / across, room / down, 4 * CELL);

      small.width = across * CELL - GAP;
      small.height = down * CELL - GAP;
      const brush = small.getContext("2d");
      const image = brush.createImageData(small.width, small.height);
      const pixels = new Uint32Array(image.data.buffer);
      for (let n = 0, from = 0; n < neurons; n++) {
        let to = Math.floor(n / across) * CELL * small.width + (n % across) * CELL;
        for (let y = 0; y < SIDE; y++, to += small.width - SIDE)
          for (let x = 0; x < SIDE; x++) pixels[to++] = palette[tiles[from++] + 128];
      }
      brush.putImageData(image, 0, 0);

      const zoom = (cell * across) / (across * CELL), ratio = devicePixelRatio || 1;
      canvas.width = Math.round(small.width * zoom * ratio);
      canvas.height = Math.round(small.height * zoom * ratio);
      canvas.style.width = `${small.width * zoom}px`;
      canvas.style.height = `${small.height * zoom}px`;
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = zoom * ratio < 3;
      context.drawImage(small, 0, 0, canvas.width, canvas.height);
      drawn = frame;
      canvas.dataset.width = width;
      canvas.dataset.frames = Number(canvas.dataset.frames || 0) + 1;
      canvas.dataset.step = frame.step;
      const when = frame.step ? `after ${prettyCount.format(frame.samples)} digits` : "before learning";
      const which = neurons < frame.of ? `first ${neurons} of ${frame.of}` : neurons;
      caption.textContent = `What each of the ${which} first-layer neurons looks for, ${when}`;
      canvas.setAttribute("aria-label", caption.textContent);
    }

    const resized = new ResizeObserver(draw);
    resized.observe(canvas.parentElement);
    return {
      data({ run, still, of }) {
        const asked = `${run} ${still}`;
        if (!still || asked === last) return draw();
        last = asked;
        const bytes = Uint8Array.from(atob(still), (c) => c.charCodeAt(0));
        const neurons = bytes.length / (784 + 4);
        frame = { neurons, of, step: 0, tiles: new Int8Array(bytes.buffer, 4 * neurons) };
        draw();
      },
      show(stream) {
        frame = stream.frame ?? frame;
        draw();
      },
      end: () => resized.disconnect(),
    };
  });
}
