// The net view: a column of nodes a layer, the strongest weights as lines between them. Blue: the
// one speaks for the other; red: against it. The first column is the picture's 28 × 28 pixels.

const MARGIN = 14, INTERVAL = 100; // pixels; milliseconds

export default function (component) {
  return mount(component, (parent) => {
    const canvas = parent.querySelector("canvas");
    const caption = parent.querySelector("figcaption");
    const send = parent.querySelector("button");
    send.onclick = () => stream.ask("digit");
    let stream = null, sizes = null, places = [], drawn = null, timer = null, pointed = null, sent = null, size = "";

    // Where each node of each layer is drawn, and how large: [{x, y, r}]
    function place(width, height) {
      const side = Math.min(0.26 * width, height - 2 * MARGIN);
      const columns = sizes.length - 1;
      places = sizes.map((count, layer) => {
        if (layer === 0) {
          const cell = side / 28, left = MARGIN, top = (height - side) / 2;
          return Array.from({ length: count }, (_, n) => ({
            x: left + ((n % 28) + 0.5) * cell, y: top + (Math.floor(n / 28) + 0.5) * cell, r: cell / 2,
          }));
        }
        const x = side + (layer / columns) * (width - side - 2.5 * MARGIN);
        const step = (height - 2 * MARGIN) / count, r = Math.max(1, Math.min(6, 0.4 * step));
        return Array.from({ length: count }, (_, n) => ({ x, y: MARGIN + (n + 0.5) * step, r }));
      });
    }

    function draw() {
      timer = null;
      const width = canvas.parentElement.clientWidth;
      if (!stream?.lines || !width) return;
      sizes = stream.status.sizes;
      const height = Math.max(220, Math.min(340, Math.round(0.62 * width))), ratio = devicePixelRatio || 1;
      const now = [width, height, ratio, sizes].join();
      if (now !== size) {
        canvas.width = width * ratio;
        canvas.height = height * ratio;
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
        place(width, height);
        pointed = null;
        size = now;
      }
      const theme = colors(canvas), brush = canvas.getContext("2d");
      brush.setTransform(ratio, 0, 0, ratio, 0, 0);
      brush.clearRect(0, 0, width, height);
      const { x, y, r } = places[0][0];
      brush.fillStyle = theme.panel;
      brush.fillRect(x - r, y - r, 56 * r, 56 * r);
      stream.lines.forEach((lines, layer) => drawLines(brush, theme, lines, layer));
      places.forEach((nodes, layer) => drawNodes(brush, theme, nodes, layer));
      drawn = stream.lines;
      describe();
    }

    function drawLines(brush, theme, { starts, ends, weights }, layer) {
      const strongest = Math.abs(weights.at(-1)) || 1;
      for (let i = 0; i < weights.length; i++) {
        if (pointed && !touches(layer, starts[i], ends[i], i)) continue;
        const from = places[layer][starts[i]], to = places[layer + 1][ends[i]];
        const strength = Math.abs(weights[i]) / strongest;
        brush.globalAlpha = pointed ? 0.3 + 0.7 * strength : 0.7 * strength ** 1.5;
        brush.lineWidth = 0.4 + 1.6 * strength;
        brush.strokeStyle = weights[i] < 0 ? theme.negative : theme.positive;
        brush.beginPath();
        brush.moveTo(from.x, from.y);
        const half = (from.x + to.x) / 2;
        brush.bezierCurveTo(half, from.y, half, to.y, to.x, to.y);
        brush.stroke();
      }
      brush.globalAlpha = 1;
    }

    function touches(layer, start, end, line) {
      const p = pointed;
      if (p.line !== undefined) return p.layer === layer && p.line === line;
      return (p.layer === layer && p.node === start) || (p.layer === layer + 1 && p.node === end);
    }

    function drawNodes(brush, theme, nodes, layer) {
      const active = activity()?.[layer];
      const most = active ? Math.max(1e-9, ...active.map(Math.abs)) : 1;
      nodes.forEach(({ x, y, r }, n) => {
        if (layer === 0) {
          if (!active?.[n]) return;
          brush.globalAlpha = active[n];
          brush.fillStyle = theme.text;
          brush.fillRect(x - r, y - r, 2 * r, 2 * r);
          brush.globalAlpha = 1;
          return;
        }
        brush.beginPath();
        brush.arc(x, y, r, 0, 2 * Math.PI);
        brush.fillStyle = theme.background;
        brush.fill();
        if (active) {
          brush.globalAlpha = Math.min(1, Math.abs(active[n]) / most);
          brush.fillStyle = active[n] < 0 ? theme.negative : theme.accent;
          brush.fill();
          brush.globalAlpha = 1;
        }
        const chosen = pointed?.node === n && pointed.layer === layer;
        brush.lineWidth = chosen ? 2 : 0.8;
        brush.strokeStyle = theme.text;
        if (r > 1.5 || chosen) brush.stroke();
        else { brush.fillStyle = theme.text; brush.fill(); }
        if (layer === sizes.length - 1) {
          brush.fillStyle = theme.text;
          brush.font = `12px ${theme.font}`;
          brush.textBaseline = "middle";
          brush.fillText(n, x + r + 5, y);
        }
      });
    }

    // A digit is shown as long as the network it was sent through.
    const activity = () => (stream.digit && stream.digit.step === stream.frame?.step ? stream.digit.columns : null);

    const name = (layer, n) =>
      layer === 0 ? `pixel ${n % 28}, ${Math.floor(n / 28)}`
      : layer === sizes.length - 1 ? `digit ${n}`
      : sizes.length > 3 ? `neuron ${n} of layer ${layer}` : `neuron ${n}`;

    function describe() {
      const shown = stream.lines.map(({ weights }) => weights.length);
      const all = shown.reduce((sum, n) => sum + n, 0);
      const total = sizes.slice(1).reduce((sum, n, i) => sum + n * sizes[i], 0);
      let text = all < total
        ? `The strongest ${prettyCount.format(all)} of ${prettyCount.format(total)} weights, from pixels to digits`
        : `All ${prettyCount.format(all)} weights, from pixels to digits`;
      canvas.setAttribute("aria-label", text);
      if (activity()) {
        const last = activity().at(-1), read = last.indexOf(Math.max(...last));
        text = `A ${stream.digit.truth} on its way: read as ${read}, ${Math.round(100 * last[read])} % sure`;
      }
      if (pointed?.line !== undefined) {
        const { starts, ends, weights } = stream.lines[pointed.layer], i = pointed.line;
        text = `${name(pointed.layer, starts[i])} → ${name(pointed.layer + 1, ends[i])}: weight ${weights[i].toFixed(3)}`;
      } else if (pointed) {
        text = name(pointed.layer, pointed.node);
        const active = activity()?.[pointed.layer][pointed.node];
        if (active !== undefined) text += `: ${active.toFixed(3)}`;
      }
      caption.textContent = text[0].toUpperCase() + text.slice(1);
    }

    // The node under the pointer, else the line next to it.
    function find(x, y) {
      for (let layer = places.length - 1; layer >= 0; layer--) {
        const node = places[layer].findIndex((p) => Math.hypot(p.x - x, p.y - y) < Math.max(p.r, layer ? 4 : 0));
        if (node >= 0) return { layer, node };
      }
      let best = null, near = 5;
      stream.lines.forEach(({ starts, ends, weights }, layer) => {
        for (let i = weights.length - 1; i >= 0; i--) {
          const from = places[layer][starts[i]], to = places[layer + 1][ends[i]];
          if (x < from.x || x > to.x) continue;
          // The curve's height at x; its ends are level, so a smooth step comes close.
          const t = (x - from.x) / (to.x - from.x), s = t * t * (3 - 2 * t);
          const away = Math.abs(from.y + s * (to.y - from.y) - y);
          if (away < near) [near, best] = [away, { layer, line: i }];
        }
      });
      return best;
    }

    function point(event) {
      if (!drawn) return;
      const box = canvas.getBoundingClientRect();
      const found = event.type === "pointerleave" ? null : find(event.clientX - box.left, event.clientY - box.top);
      if (JSON.stringify(found) === JSON.stringify(pointed)) return;
      pointed = found;
      draw();
    }
    canvas.onpointermove = canvas.onpointerdown = canvas.onpointerleave = point;

    const resized = new ResizeObserver(draw);
    resized.observe(canvas.parentElement);
    return {
      show(news) {
        if (stream !== news) [stream, drawn, pointed] = [news, null, null];
        const { status, lost, digit } = stream;
        send.disabled = !status || status.state === "running" || lost !== null;
        if (stream.lines !== drawn || digit !== sent) timer ??= setTimeout(draw, drawn ? INTERVAL : 0);
        sent = digit;
      },
      end() {
        clearTimeout(timer);
        resized.disconnect();
      },
    };
  });
}
