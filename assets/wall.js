// The weight wall: a tile of 28 × 28 for each neuron, all on one canvas: its incoming weights, or how
// they have changed, or whatever the script hands over. Blue: ink there speaks for the neuron; red:
// against it.

const SIDE = 28, GAP = 2, CELL = SIDE + GAP, LENS = 6; // LENS: pixels a weight, enlarged
const LARGEST = 4 * CELL; // pixels of a tile
const SAMPLE = 17; // of so many weights one is looked at to find what few exceed
const WORDS = 36; // pixels: a narrower tile has room for a badge's first letter alone

export default function (component) {
  return mount(component, (parent, { setTriggerValue }) => {
    const canvas = parent.querySelector("canvas");
    const caption = parent.querySelector("figcaption");
    const lens = parent.querySelector(".lens"), large = lens.querySelector("canvas");
    const scale = parent.querySelector("[name=scale]"), most = parent.querySelector("[name=most]");
    const save = parent.querySelector("[name=save]");
    const small = document.createElement("canvas"); // a pixel a weight
    let given = {}, still = null, stream = null; // from the script, its frame, from the socket
    let frame = null, palette = null, paletteOf = "", drawn = null, changed = {};
    let grid = { across: 1, cell: 0, list: [] }; // as drawn; cell in pixels of the page
    let pointed = null, chosen = null; // neurons

    function prepare() {
      const theme = colors(canvas);
      const key = theme.panel + theme.positive + theme.negative;
      if (key === paletteOf) return false;
      paletteOf = key;
      palette = shades(theme);
      return true;
    }

    // What is to be shown now.
    function current() {
      const now = stream?.frame;
      if (!now || given.mode === "still") return still;
      if (given.mode === "weights") return now;
      if (still?.step === now.step) return still;
      const { film } = stream, at = film.findIndex((moment) => moment.frame.step >= now.step);
      const before = given.mode === "start" ? 0 : (at < 0 ? film.length : at) - 1;
      const base = film[before]?.frame ?? now;
      if (changed.now !== now || changed.base !== base) changed = { now, base, frame: change(base, now) };
      return changed.frame;
    }

    function change(from, to) {
      const { neurons } = to, scales = new Float32Array(neurons), tiles = new Int8Array(neurons * 784);
      const weights = new Float32Array(784);
      for (let n = 0; n < neurons; n++) {
        const a = from.scales[n] / 127, b = to.scales[n] / 127, start = n * 784;
        let strongest = 0;
        for (let i = 0; i < 784; i++) {
          weights[i] = to.tiles[start + i] * b - from.tiles[start + i] * a;
          strongest = Math.max(strongest, Math.abs(weights[i]));
        }
        scales[n] = strongest;
        if (strongest) for (let i = 0; i < 784; i++) tiles[start + i] = Math.round((weights[i] * 127) / strongest);
      }
      return { ...to, scales, tiles };
    }

    // As many columns as make the tiles largest in the room there is, in as few rows as then do.
    function columns(count, width, height) {
      let best = 1, size = 0, rows = 0;
      for (let c = 1; c <= count; c++) {
        const down = Math.ceil(count / c), tile = Math.min(LARGEST, width / c, height / down);
        if (tile > size || (tile === size && down < rows)) [best, size, rows] = [c, tile, down];
      }
      return best;
    }

    // The weight that has the full color: of each neuron its own strongest, or one for all.
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

    // The neurons on the wall, in order.
    function listed() {
      const all = given.order?.filter((n) => n < frame.neurons) ?? Array.from({ length: frame.neurons }, (_, n) => n);
      return all.slice(0, Number(most.value) || Infinity);
    }

    function draw() {
      const width = canvas.parentElement.clientWidth;
      frame = current() ?? frame;
      if (!frame || !width) return;
      const now = [width, innerHeight, scale.value, most.value, chosen, pointed, given.turn].join();
      const repaint = prepare();
      if (!repaint && drawn === frame && canvas.dataset.now === now) return;
      const list = listed();
      // On a wide screen the whole wall is seen without scrolling; on a phone it may be tall.
      const room = innerWidth < 700 ? 1.3 * width : Math.max(320, innerHeight - (given.above ?? 330));
      const across = columns(list.length, width, room), down = Math.max(1, Math.ceil(list.length / across));
      const cell = Math.min(width / across, room / down, LARGEST);

      small.width = across * CELL - GAP;
      small.height = down * CELL - GAP;
      const brush = small.getContext("2d");
      const image = brush.createImageData(small.width, small.height);
      const pixels = new Uint32Array(image.data.buffer), whole = full();
      list.forEach((n, i) => paint(pixels, Math.floor(i / across) * CELL * small.width + (i % across) * CELL, small.width, n, whole));
      brush.putImageData(image, 0, 0);

      const zoom = cell / CELL, ratio = devicePixelRatio || 1;
      canvas.width = Math.round(small.width * zoom * ratio);
      canvas.height = Math.round(small.height * zoom * ratio);
      canvas.style.width = `${small.width * zoom}px`;
      canvas.style.height = `${small.height * zoom}px`;
      grid = { across, cell, list };
      compose(canvas, ratio);
      enlarge(whole);
      if (drawn !== frame) canvas.dataset.frames = Number(canvas.dataset.frames || 0) + 1;
      drawn = frame;
      canvas.dataset.now = now;
      canvas.dataset.step = frame.step;
      canvas.dataset.neurons = list.length;
      describe(list.length);
    }

    // The tiles, with their badges and what is chosen, ``ratio`` pixels for one of the page.
    function compose(onto, ratio) {
      const context = onto.getContext("2d"), { across, cell, list } = grid, zoom = cell / CELL;
      const theme = colors(canvas);
      context.imageSmoothingEnabled = zoom * ratio < 3;
      context.drawImage(small, 0, 0, onto.width, onto.height);
      const type = Math.min(11, 0.4 * cell) * ratio;
      context.font = `600 ${type}px ${theme.font}`;
      context.textBaseline = "top";
      list.forEach((n, i) => {
        const x = (i % across) * cell * ratio, y = Math.floor(i / across) * cell * ratio;
        const word = given.badges?.[n], badge = cell >= WORDS ? word : word?.[0];
        if (badge) {
          context.fillStyle = theme.text;
          context.fillRect(x, y, context.measureText(badge).width + 6 * ratio, 1.4 * type);
          context.fillStyle = theme.background;
          context.fillText(badge, x + 3 * ratio, y + 2 * ratio);
        }
        const color = n === pointed ? theme.text : n === chosen ? theme.accent : null;
        if (!color) return;
        context.strokeStyle = color;
        context.lineWidth = 2 * ratio;
        context.strokeRect(x + ratio, y + ratio, (SIDE * zoom - 2) * ratio, (SIDE * zoom - 2) * ratio);
      });
    }

    function describe(count) {
      const when = !frame.step ? "before learning"
        : frame.samples_seen === null ? "at the end of its learning" : `after ${prettyCount.format(frame.samples_seen)} digits`;
      const of = given.of ?? frame.of, kind = given.kind ?? "first-layer neuron";
      const which = count < of ? `${given.order ? "" : "first "}${prettyCount.format(count)} of ${prettyCount.format(of)}` : prettyCount.format(count);
      const what = given.what ?? "looks for";
      let text = of === 1 ? `What the ${kind} ${what}` : `What each of the ${which} ${kind}s ${what}`;
      if (given.mode !== "weights" && !frame.scales.some(Boolean)) text = "Nothing has changed yet";
      if (!count) text = `None of the ${prettyCount.format(of)} ${kind}s is like that`;
      caption.textContent = `${text}, ${when}`;
      canvas.setAttribute("aria-label", `${caption.textContent}. Arrow keys choose a neuron${given.opens ? ", Enter opens it" : ""}.`);
    }

    // The neuron under the pointer, or else the chosen one, beside its tile.
    function enlarge(whole) {
      const n = pointed ?? (given.aside ? null : chosen), place = grid.list.indexOf(n);
      lens.hidden = place < 0;
      if (lens.hidden) return;
      const image = new ImageData(SIDE, SIDE);
      paint(new Uint32Array(image.data.buffer), 0, SIDE, n, whole);
      large.getContext("2d").putImageData(image, 0, 0);
      const strongest = frame.scales[n], about = given.notes?.[n];
      lens.querySelector("span").textContent = `Neuron ${n} · strongest weight ${strongest.toPrecision(2)}${about ? ` · ${about}` : ""}`;
      const { across, cell } = grid, size = SIDE * LENS + 16;
      const left = (place % across) * cell, top = Math.floor(place / across) * cell;
      const right = left + cell + 8 + size < canvas.parentElement.clientWidth;
      lens.style.left = `${right ? left + cell + 4 : Math.max(0, left - size - 4)}px`;
      lens.style.top = `${Math.max(0, Math.min(top, canvas.clientHeight - size - 24))}px`;
    }

    function at(event) {
      const box = canvas.getBoundingClientRect(), { across, cell, list } = grid;
      const column = Math.floor((event.clientX - box.left) / cell), row = Math.floor((event.clientY - box.top) / cell);
      return column >= 0 && column < across ? list[row * across + column] ?? null : null;
    }

    function open(n) {
      if (n !== null && given.opens) setTriggerValue("open", n);
    }

    canvas.onpointermove = (event) => { pointed = at(event); draw(); };
    canvas.onpointerleave = () => { pointed = null; draw(); };
    canvas.onclick = (event) => {
      const n = at(event);
      chosen = n === chosen && !given.opens ? null : n;
      draw();
      open(n);
    };
    canvas.onkeydown = (event) => {
      const { across, list } = grid, here = list.indexOf(chosen);
      const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
      if (event.key === "Escape") chosen = null;
      else if (event.key === "Enter") open(chosen);
      else if (move && list.length) chosen = list[here < 0 ? 0 : Math.max(0, Math.min(list.length - 1, here + move))];
      else return;
      event.preventDefault();
      draw();
    };
    scale.onchange = most.onchange = draw;
    save.onclick = () => {
      const picture = document.createElement("canvas"), ratio = 2 * (devicePixelRatio || 1);
      picture.width = Math.round(canvas.clientWidth * ratio);
      picture.height = Math.round(canvas.clientHeight * ratio);
      compose(picture, ratio);
      picture.toBlob((blob) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = `neurons-${frame.step}.png`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      });
    };

    const resized = new ResizeObserver(draw);
    resized.observe(canvas.parentElement);
    return {
      data(d) {
        if (stream?.run !== d.run) stream = null;
        if (d.still !== given.still || d.step !== given.step) still = d.still ? unpacked(d) : null;
        if (d.chosen !== given.chosen) chosen = d.chosen ?? null;
        const turn = (given.turn ?? 0) + 1; // whatever the script says is drawn
        given = { ...d, turn };
        save.hidden = !d.aside;
        draw();
      },
      show(news) {
        stream = news;
        draw();
      },
      end: () => resized.disconnect(),
    };

    function unpacked({ still, of, step, samples_seen }) {
      const bytes = decoded(still), neurons = bytes.length / (784 + 4);
      const scales = new Float32Array(bytes.buffer, 0, neurons), tiles = new Int8Array(bytes.buffer, 4 * neurons);
      return { neurons, of, step: step ?? 0, samples_seen, scales, tiles };
    }
  });
}
