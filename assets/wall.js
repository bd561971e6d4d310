// The weight wall: each first-layer neuron's 28 × 28 incoming weights as a tile, all on one canvas.
// Blue: ink there speaks for the neuron; red: against it.

const SIDE = 28, GAP = 2, CELL = SIDE + GAP, LENS = 6; // LENS: pixels a weight, enlarged
const SAMPLE = 17; // of so many weights one is looked at to find what few exceed

export default function (component) {
  return mount(component, (parent) => {
    const canvas = parent.querySelector("canvas");
    const caption = parent.querySelector("figcaption");
    const lens = parent.querySelector(".lens"), large = lens.querySelector("canvas");
    const scale = parent.querySelector("[name=scale]"), most = parent.querySelector("[name=most]");
    const small = document.createElement("canvas"); // a pixel a weight
    let frame = null, palette = null, paletteOf = "", drawn = null, last = "";
    let grid = { across: 1, cell: 0, shown: 0 }; // as drawn; cell in pixels of the page
    let pointed = null, chosen = null; // neurons

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

    // The weight that has the full colour: of each neuron its own strongest, or one for all.
    function full() {
      const { scales, tiles } = frame;
      if (scale.value === "neuron") return null;
      if (scale.value === "layer") return Math.max(...scales);
      const sizes = [];
      for (let i = 0; i < tiles.length; i += SAMPLE) sizes.push((Math.abs(tiles[i]) / 127) * scales[Math.floor(i / 784)]);
      return sizes.sort((a, b) => a - b)[Math.floor(0.99 * sizes.length)];
    }

    function paint(pixels, to, stride, n, whole) {
      const times = whole ? frame.scales[n] / whole : 1;
      for (let y = 0, from = n * 784; y < SIDE; y++, to += stride - SIDE)
        for (let x = 0; x < SIDE; x++) {
          const value = Math.max(-127, Math.min(127, frame.tiles[from++] * times));
          pixels[to++] = palette[Math.round(value) + 128];
        }
    }

    function draw() {
      const width = canvas.parentElement.clientWidth;
      if (!frame || !width) return;
      const now = [width, innerHeight, scale.value, most.value, chosen, pointed].join();
      const repaint = prepare();
      if (!repaint && drawn === frame && canvas.dataset.now === now) return;
      const neurons = Math.min(frame.neurons, Number(most.value) || Infinity);
      // On a wide screen the whole wall is seen without scrolling; on a phone it may be tall.
      const room = innerWidth < 700 ? 1.3 * width : Math.max(320, innerHeight - 330);
      const across = columns(neurons, width, room), down = Math.ceil(neurons / across);
      const cell = Math.min(width / across, room / down, 4 * CELL);

      small.width = across * CELL - GAP;
      small.height = down * CELL - GAP;
      const brush = small.getContext("2d");
      const image = brush.createImageData(small.width, small.height);
      const pixels = new Uint32Array(image.data.buffer), whole = full();
      for (let n = 0; n < neurons; n++)
        paint(pixels, Math.floor(n / across) * CELL * small.width + (n % across) * CELL, small.width, n, whole);
      brush.putImageData(image, 0, 0);

      const zoom = cell / CELL, ratio = devicePixelRatio || 1;
      canvas.width = Math.round(small.width * zoom * ratio);
      canvas.height = Math.round(small.height * zoom * ratio);
      canvas.style.width = `${small.width * zoom}px`;
      canvas.style.height = `${small.height * zoom}px`;
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = zoom * ratio < 3;
      context.drawImage(small, 0, 0, canvas.width, canvas.height);
      grid = { across, cell, shown: neurons };
      for (const [n, colour] of [[chosen, colours(canvas).accent], [pointed, colours(canvas).text]]) {
        if (n === null || n >= neurons) continue;
        context.strokeStyle = colour;
        context.lineWidth = 2 * ratio;
        const [x, y] = [n % across, Math.floor(n / across)].map((at) => at * cell * ratio);
        context.strokeRect(x + ratio, y + ratio, (SIDE * zoom - 2) * ratio, (SIDE * zoom - 2) * ratio);
      }
      enlarge(whole);
      if (drawn !== frame) canvas.dataset.frames = Number(canvas.dataset.frames || 0) + 1;
      drawn = frame;
      canvas.dataset.now = now;
      canvas.dataset.step = frame.step;
      const when = frame.step ? `after ${prettyCount.format(frame.samples)} digits` : "before learning";
      const which = neurons < frame.of ? `first ${neurons} of ${prettyCount.format(frame.of)}` : neurons;
      const what = neurons === 1 ? "What the first-layer neuron looks for" : `What each of the ${which} first-layer neurons looks for`;
      caption.textContent = `${what}, ${when}`;
      canvas.setAttribute("aria-label", `${caption.textContent}. Arrow keys choose a neuron.`);
    }

    // The neuron under the pointer, or else the chosen one, beside its tile.
    function enlarge(whole) {
      const n = pointed ?? chosen;
      lens.hidden = n === null || n >= grid.shown;
      if (lens.hidden) return;
      const image = new ImageData(SIDE, SIDE);
      paint(new Uint32Array(image.data.buffer), 0, SIDE, n, whole);
      large.getContext("2d").putImageData(image, 0, 0);
      const strongest = frame.scales[n];
      lens.querySelector("span").textContent = `Neuron ${n} · strongest weight ${strongest.toPrecision(2)}`;
      const { across, cell } = grid, size = SIDE * LENS + 16;
      const left = (n % across) * cell, top = Math.floor(n / across) * cell;
      const right = left + cell + 8 + size < canvas.parentElement.clientWidth;
      lens.style.left = `${right ? left + cell + 4 : Math.max(0, left - size - 4)}px`;
      lens.style.top = `${Math.max(0, Math.min(top, canvas.clientHeight - size - 24))}px`;
    }

    function at(event) {
      const box = canvas.getBoundingClientRect(), { across, cell, shown } = grid;
      const column = Math.floor((event.clientX - box.left) / cell), row = Math.floor((event.clientY - box.top) / cell);
      const n = row * across + column;
      return column >= 0 && column < across && n >= 0 && n < shown ? n : null;
    }

    canvas.onpointermove = (event) => { pointed = at(event); draw(); };
    canvas.onpointerleave = () => { pointed = null; draw(); };
    canvas.onclick = (event) => {
      const n = at(event);
      chosen = n === chosen ? null : n;
      draw();
    };
    canvas.onkeydown = (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.across, ArrowDown: grid.across }[event.key];
      if (event.key === "Escape") chosen = null;
      else if (move) chosen = chosen === null ? 0 : Math.max(0, Math.min(grid.shown - 1, chosen + move));
      else return;
      event.preventDefault();
      draw();
    };
    scale.onchange = most.onchange = draw;

    const resized = new ResizeObserver(draw);
    resized.observe(canvas.parentElement);
    return {
      data({ run, still, of }) {
        const asked = `${run} ${still}`;
        if (!still || asked === last) return draw();
        last = asked;
        const bytes = Uint8Array.from(atob(still), (c) => c.charCodeAt(0));
        const neurons = bytes.length / (784 + 4);
        const scales = new Float32Array(bytes.buffer, 0, neurons);
        frame = { neurons, of, step: 0, scales, tiles: new Int8Array(bytes.buffer, 4 * neurons) };
        draw();
      },
      show(stream) {
        if (stream.frame) [frame, last] = [stream.frame, ""];
        draw();
      },
      end: () => resized.disconnect(),
    };
  });
}
