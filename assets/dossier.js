// What is known of one neuron: its weights large, and what the script found out about it.

const compact = new Intl.NumberFormat("en", { notation: "compact" });

export default function (component) {
  return mount(component, (parent) => {
    const part = (name) => parent.querySelector(name);
    const large = picture(part(".picture"), part(".value"));
    let given = null, stream = null, shown = "", own = null, film = null, examples = null;

    // A canvas as wide as there is room, `tall` pixels high → a brush in pixels of the page.
    function brushOf(name, tall) {
      const canvas = part(`.${name} canvas`), ratio = devicePixelRatio || 1, wide = canvas.parentElement.clientWidth;
      canvas.hidden = !tall;
      canvas.width = wide * ratio;
      canvas.height = tall * ratio;
      canvas.style.height = `${tall}px`;
      const brush = canvas.getContext("2d");
      brush.scale(ratio, ratio);
      brush.font = `11px ${colors(canvas).font}`;
      brush.textBaseline = "middle";
      return { brush, canvas, wide, theme: colors(canvas) };
    }

    // 28 × 28 numbers, each looked up in `palette`, as a small canvas
    function tile(numbers, palette, offset = 0) {
      const small = document.createElement("canvas");
      small.width = small.height = SIDE;
      const image = new ImageData(SIDE, SIDE), pixels = new Uint32Array(image.data.buffer);
      numbers.forEach((n, i) => { pixels[i] = palette[n + offset]; });
      small.getContext("2d").putImageData(image, 0, 0);
      return small;
    }

    function says(name, sentence, label = sentence) {
      part(`.${name} p`).textContent = sentence;
      part(`.${name} canvas`).setAttribute("aria-label", label);
    }

    function drawExtremes() {
      const { extremes } = given;
      if (extremes.sentence) { brushOf("extremes", 0); return says("extremes", extremes.sentence); }
      const each = extremes.labels.length / 2, label = 38;
      const room = part(".extremes").clientWidth - label, size = Math.min(40, room / each - 3), row = size + 20;
      const { brush, theme } = brushOf("extremes", 2 * row);
      const ends = [rgb(theme.panel), rgb(theme.text)];
      const ink = Uint32Array.from({ length: 256 }, (_, v) => ends[0].reduce((all, n, i) => all | (Math.round(n + ((ends[1][i] - n) * v) / 255) << (8 * i)), 255 << 24));
      brush.fillStyle = theme.text;
      ["most", "least"].forEach((word, y) => brush.fillText(word, 0, y * row + size / 2));
      brush.textAlign = "center";
      extremes.labels.forEach((truth, i) => {
        const x = label + (i % each) * (size + 3), y = Math.floor(i / each) * row;
        brush.drawImage(tile(examples.subarray(784 * i, 784 * (i + 1)), ink), x, y, size, size);
        brush.fillText(truth, x + size / 2, y + size + 8);
      });
      says("extremes", "", `Most: pictures of ${extremes.labels.slice(0, each).join(", ")}; least: of ${extremes.labels.slice(each).join(", ")}`);
    }

    function drawSaid() {
      const { said } = given;
      if (said.sentence) { brushOf("said", 0); return says("said", said.sentence); }
      const row = 21, left = 18, top = 8;
      const { brush, wide, theme } = brushOf("said", 10 * row + top + 18);
      const { low, high, shares } = said, bins = shares[0].length, room = wide - left - 4;
      // By the root, and silence is cut off: those few whom it excites are to be seen beside the many.
      const most = Math.max(1e-4, ...shares.flatMap((share) => share.slice(1)));
      brush.fillStyle = theme.text;
      shares.forEach((share, digit) => {
        const base = top + (digit + 1) * row;
        brush.fillText(digit, 2, base - 6);
        brush.globalAlpha = 0.25;
        brush.fillRect(left, base, room, 1);
        brush.globalAlpha = 0.9;
        brush.fillStyle = digit === given.serves ? theme.accent : theme.positive;
        share.forEach((s, i) => {
          const tall = (row - 3) * Math.min(1, Math.sqrt(s / most));
          brush.fillRect(left + (i * room) / bins, base - tall, Math.max(1, room / bins - 0.5), tall);
        });
        brush.globalAlpha = 1;
        brush.fillStyle = theme.text;
      });
      const y = top + 10 * row + 10;
      for (const [text, x, align] of [[short(low), left, "left"], [short(high), left + room, "right"]]) {
        brush.textAlign = align;
        brush.fillText(text, x, y);
      }
      says("said", said.words, said.heard);
    }

    // Upright bars from a common zero, one a label.
    function bars(name, { labels, values }, unit, marked) {
      const tall = 120, bottom = 18;
      const { brush, wide, theme } = brushOf(name, tall);
      const high = Math.max(0, ...values), low = Math.min(0, ...values), span = high - low || 1;
      const room = tall - bottom - 26, zero = 13 + (room * high) / span, step = Math.min(44, wide / labels.length);
      brush.textAlign = "center";
      const every = Math.ceil((4 + Math.max(...labels.map((label) => brush.measureText(label).width))) / step);
      values.forEach((value, i) => {
        const x = i * step, to = zero - (value * room) / span;
        brush.globalAlpha = marked?.includes(i) ?? true ? 1 : 0.5;
        brush.fillStyle = value < 0 ? theme.negative : theme.positive;
        brush.fillRect(x + 2, Math.min(zero, to), step - 4, Math.max(1, Math.abs(to - zero)));
        brush.globalAlpha = 1;
        brush.fillStyle = theme.text;
        if (step >= 24) brush.fillText(unit(value), x + step / 2, value < 0 ? to + 7 : to - 6);
        if (i % every === 0) brush.fillText(labels[i], x + step / 2, tall - 7);
      });
      brush.globalAlpha = 0.4;
      brush.fillRect(0, zero, labels.length * step, 1);
      brush.globalAlpha = 1;
    }

    function drawBars(name, unit) {
      const found = given[name];
      if (found.values) bars(name, found, unit);
      else brushOf(name, 0);
      says(name, found.sentence, `${found.heard ?? ""} ${found.sentence}`);
    }

    function drawLife() {
      const { life } = given;
      if (life.sentence) { brushOf("life", 0); return says("life", life.sentence); }
      const room = part(".life").clientWidth, across = Math.max(1, Math.min(life.samples_seen.length, Math.floor(room / 56)));
      const cell = Math.min(64, room / across), size = cell - 4, row = size + 18, down = Math.ceil(life.samples_seen.length / across);
      const { brush, theme } = brushOf("life", down * row);
      const palette = shades(theme);
      brush.fillStyle = theme.text;
      brush.textAlign = "center";
      life.samples_seen.forEach((samples_seen, i) => {
        const x = (i % across) * cell, y = Math.floor(i / across) * row;
        brush.drawImage(tile(film.subarray(784 * i, 784 * (i + 1)), palette, 128), x, y, size, size);
        brush.fillText(compact.format(samples_seen), x + size / 2, y + size + 8);
      });
      says("life", "Below each: how many digits it had seen.", `${life.samples_seen.length} pictures of its weights, from ${life.samples_seen[0]} to ${life.samples_seen.at(-1)} digits seen`);
    }

    // The large picture moves with the timeline where the browser has the frames.
    function drawWeights() {
      const now = stream?.frame, moves = given.follows && now && now.step !== given.step && given.neuron < now.neurons;
      const ended = !["queued", "running"].includes(stream?.status?.state);
      part(".still").classList.toggle("past", Boolean(now && ended && now.step !== given.step));
      const key = moves ? now.step : "still";
      if (key === shown) return;
      shown = key;
      let weights = own;
      if (moves) {
        const from = given.neuron * 784, times = now.scales[given.neuron] / 127;
        weights = Float32Array.from(now.tiles.subarray(from, from + 784), (t) => t * times);
      }
      large.show(weights, given.title);
    }

    function draw() {
      if (!given || !part(".life").clientWidth) return;
      shown = "";
      drawWeights();
      drawExtremes();
      drawSaid();
      drawBars("outgoing", (value) => value.toFixed(1));
      drawBars("without", (value) => (Math.abs(value) < 0.05 ? "0" : value.toFixed(1)));
      drawLife();
      parent.querySelector(".dossier").dataset.neuron = given.neuron;
      parent.querySelector(".dossier").dataset.step = given.step;
    }

    const resized = new ResizeObserver(draw);
    resized.observe(part(".dossier"));
    return {
      data(d) {
        const same = given && JSON.stringify(d) === JSON.stringify(given);
        given = d;
        if (same) return;
        own = decoded(d.weights, Float32Array);
        film = d.life.tiles && decoded(d.life.tiles, Int8Array);
        examples = d.extremes.images && decoded(d.extremes.images);
        part(".title").textContent = d.title;
        part("dl").replaceChildren(...d.facts.flatMap(([name, value]) => ["dt", "dd"].map((kind, i) => {
          const cell = document.createElement(kind);
          cell.textContent = [name, value][i];
          return cell;
        })));
        draw();
      },
      show(news) {
        stream = news;
        if (given) drawWeights();
      },
      end: () => resized.disconnect(),
    };
  });
}
