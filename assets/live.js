// Shared by the live components: one WebSocket a run, however many components look at it.
// (Streamlit takes a component's JavaScript as one text: pages/components/live.py puts this file
// in front of each component's own.)

const RECONNECT = { first: 500, longest: 8000 }; // milliseconds
const GONE = 4404; // close code: there is no such run

class Stream {
  constructor(run) {
    this.run = run;
    this.viewers = new Set();
    this.status = null; // newest header
    this.newest = { frame: null, lines: null }; // see unpack
    this.film = []; // kept frames, likewise, in order of steps
    this.past = null; // the one of them that is looked at instead of the newest
    this.samples_seen = [];
    this.loss = []; // of single batches
    this.smooth = []; // running mean
    this.epochs = [];
    this.lost = null; // when the connection was lost, ms; null while it stands
    this.gone = "";
    this.refusal = ""; // why the last command was not obeyed
    this.loading = false; // the film
    this.digit = null; // {step, truth, columns}: a picture sent through the network
    this.wait = RECONNECT.first;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/live/${encodeURIComponent(this.run)}`);
    this.socket.binaryType = "arraybuffer";
    let first = true;
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        Object.assign(this, JSON.parse(data)); // a refusal, or a digit
        return this.show();
      }
      if (first) Object.assign(this, { samples_seen: [], loss: [], smooth: [], epochs: [], lost: null });
      first = false;
      this.wait = RECONNECT.first;
      this.take(data);
      // Draw when the screen does, answer when it is drawn: a hidden or slow page asks for less.
      requestAnimationFrame(() => {
        this.show();
        if (this.socket.readyState === WebSocket.OPEN) this.socket.send("drawn");
      });
    };
    this.socket.onclose = ({ code, reason }) => {
      if (this.closed) return;
      if (code === GONE) this.gone = reason;
      else {
        this.lost ??= Date.now();
        this.retry = setTimeout(() => this.connect(), this.wait);
        this.wait = Math.min(2 * this.wait, RECONNECT.longest);
      }
      this.show();
    };
  }

  take(data) {
    const { header, frame, lines } = unpack(data);
    this.status = header;
    this.samples_seen.push(...header.points.samples_seen);
    this.loss.push(...header.points.loss);
    this.smooth.push(...header.points.smoothed_loss);
    this.epochs.push(...header.new_epochs);
    this.newest = { frame: frame ?? this.newest.frame, lines: lines ?? this.newest.lines };
  }

  // What is looked at: a moment of the past, else the newest.
  get frame() {
    return (this.past ?? this.newest).frame;
  }

  get lines() {
    return (this.past ?? this.newest).lines;
  }

  // Look at a moment of the film; null: at the newest.
  seek(moment) {
    if (moment === this.past) return;
    this.past = moment;
    this.show();
  }

  // Fetch the kept frames that are not here yet, coarse first; those who look hear of each few.
  async load() {
    if (this.loading) return;
    this.loading = true;
    try {
      const after = this.film.at(-1)?.frame.step ?? -1, until = this.status.step;
      const address = `/film/${encodeURIComponent(this.run)}?after=${after}&until=${until}`;
      for (let skip = 0, came = 1; came && !this.closed; skip += came) {
        const answer = await fetch(`${address}&skip=${skip}`);
        if (!answer.ok) return;
        const data = await answer.arrayBuffer(), found = [];
        for (let at = 0; at < data.byteLength; ) {
          const length = new DataView(data).getUint32(at, true);
          found.push(unpack(data.slice(at + 4, at + 4 + length)));
          at += 4 + length;
        }
        came = found.length;
        this.spread(found);
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the connection is lost: that is said elsewhere
    } finally {
      this.loading = false;
    }
  }

  spread(found) {
    const all = new Map([...this.film, ...found].map((moment) => [moment.frame.step, moment]));
    this.film = [...all.values()].sort((a, b) => a.frame.step - b.frame.step);
    this.show();
  }

  // A command with its value, or "digit".
  ask(what, value) {
    this.refusal = "";
    this.socket.send(JSON.stringify({ ask: what, value }));
  }

  show() {
    for (const viewer of this.viewers) viewer(this);
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    this.socket.close();
  }
}

// A message of the hub or of the film → {header, frame, lines}.
// frame: {step, samples_seen, loss, neurons, of, scales, tiles}; lines, between each two layers:
// {starts, ends, weights}, weakest first; either is null when it is not in the message.
function unpack(data) {
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let at = 4 + length;
  const part = (Kind, count) => {
    const found = new Kind(data, at, count);
    at += found.byteLength;
    return found;
  };
  let frame = null;
  if (header.frame) {
    const { neurons } = header.frame;
    frame = { ...header.frame, scales: part(Float32Array, neurons), tiles: part(Int8Array, neurons * 784) };
  }
  const lines = header.lines?.map((n) => ({
    starts: part(Uint16Array, n), ends: part(Uint16Array, n), weights: part(Float32Array, n),
  })) ?? null;
  return { header, frame, lines };
}

// Call `viewer(stream)` now if there is something to see, and whenever there is news.
// Returns a function that ends it; the socket closes when nobody looks any more.
function follow(run, viewer) {
  const streams = (globalThis.digitscopeStreams ??= new Map());
  if (!streams.has(run)) streams.set(run, new Stream(run));
  const stream = streams.get(run);
  stream.viewers.add(viewer);
  if (stream.status || stream.gone) viewer(stream);
  return () => {
    stream.viewers.delete(viewer);
    // Not at once: Streamlit may only be putting the component elsewhere.
    setTimeout(() => {
      if (stream.viewers.size || streams.get(run) !== stream) return;
      streams.delete(run);
      stream.close();
    }, 1000);
  };
}

// A component that shows a run: `create(parent)` builds it once and returns {data(d), show(stream)}.
// Streamlit calls the component again after every script run; it keeps its place and its socket.
const mounted = new WeakMap();

function mount({ parentElement, data, ...streamlit }, create) {
  let here = mounted.get(parentElement);
  if (!here) mounted.set(parentElement, (here = { view: create(parentElement, streamlit) }));
  clearTimeout(here.leaving);
  here.view.data?.(data);
  if (here.run !== data.run) {
    here.leave?.();
    here.run = data.run;
    here.leave = data.run ? follow(data.run, (stream) => here.view.show(stream)) : null;
  }
  return () => {
    here.leaving = setTimeout(() => {
      here.leave?.();
      here.view.end?.();
      mounted.delete(parentElement);
    }, 200);
  };
}

// The installed package's own Plotly, fetched once for all charts of the page.
function plotly(url) {
  return (globalThis.digitscopePlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      globalThis.digitscopePlotly = undefined; // so that the next look tries again
      reject(new Error("The chart cannot be drawn: its library did not load. Reload the page."));
    };
    document.head.append(script);
  }));
}

// The theme's colors, as Streamlit gives them to components.
function colors(element) {
  const style = getComputedStyle(element);
  const css = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return {
    text: css("text-color"),
    background: css("background-color"),
    panel: css("secondary-background-color"),
    accent: css("primary-color"),
    border: css("border-color"),
    positive: css("blue-color"),
    negative: css("red-color"),
    font: css("font"),
  };
}

// "#1d63b8" or "rgb(29, 99, 184)" → [29, 99, 184]
function rgb(color) {
  if (color[0] !== "#") return color.match(/[\d.]+/g).slice(0, 3).map(Number);
  const hex = color.length === 4 ? color.replace(/[^#]/g, "$&$&").slice(1) : color.slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

// int8 weight + 128 → packed RGBA, from negative through the panel's color to positive
function shades(theme) {
  const found = new Uint32Array(256), neutral = rgb(theme.panel);
  for (let v = -128; v < 128; v++) {
    const end = rgb(v < 0 ? theme.negative : theme.positive);
    const t = Math.min(1, Math.abs(v) / 127) ** 0.8;
    const [r, g, b] = neutral.map((n, i) => Math.round(n + (end[i] - n) * t));
    found[v + 128] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return found;
}

// Base64 → its bytes, as the Kind of array they are
function decoded(text, Kind = Uint8Array) {
  return new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

const prettyCount = new Intl.NumberFormat("en");
