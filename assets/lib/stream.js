// A run's live stream: one WebSocket for all components that show the run.

import { socketUrl, urlOf } from "./urls.js";
import { checkVersion } from "./version.js";
import { unpack, unpackAll } from "./wire.js";

/** @import { Connections, Message, Snapshot } from "./wire.js" */

const FIRST_RETRY = 500, MAX_RETRY = 8000; // milliseconds
const CLOSE_DELAY = 1000; // milliseconds
const GONE = 4404; // close code: there is no such run
export const RECONNECTING = "Connection lost. Reconnecting…";
const NO_ANSWER = "The connection was lost before Digitscope answered. Try again.";

/**
 * The header of a message: the run as it is now.
 *
 * @typedef {object} Status
 * @property {string} state
 * @property {string} message
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} step
 * @property {number} total_steps
 * @property {number} samples_seen
 * @property {number} seconds of training
 * @property {number | null} test_accuracy
 * @property {number | null} lr null: that of the run's configuration
 * @property {number | null} speed batches a second; 0 or null: as many as the worker can
 * @property {number} last_obeyed the id of a command
 * @property {"validation" | "training"} estimated_on the images of the accuracy estimates
 * @property {number[]} sizes
 */

/**
 * What is recorded at the end of an epoch.
 *
 * @typedef {object} Epoch
 * @property {number} epoch counted from 1
 * @property {number} step
 * @property {number} samples_seen
 * @property {number} seconds
 * @property {number | null} val_loss
 * @property {number | null} val_accuracy
 * @property {number | null} test_accuracy
 * @property {number | null} train_accuracy on a sample of the training images
 */

/**
 * The loss of single batches, over the images seen.
 *
 * @typedef {object} Points
 * @property {number[]} samples_seen
 * @property {number[]} loss
 * @property {number[]} smoothed
 */

/**
 * The accuracy on a few hundred images, over the images seen.
 *
 * @typedef {object} Estimates
 * @property {number[]} samples_seen
 * @property {number[]} accuracy
 */

/**
 * The server's response to a request.
 *
 * @typedef {object} Response
 * @property {number | null} [command] the id of an accepted command; null: it has been carried out
 * @property {string} [error] why the request is rejected
 * @property {string} [field] of RunSpec, whose value is rejected; the error goes on after its name
 * @property {string} [image] Base64 (28, 28) uint8: a test image
 * @property {number} [label] the digit that it shows
 */

/** @typedef {{ snapshot: Snapshot, connections: Connections[] | null }} Recorded a snapshot of the past */

export class Stream {
  /** @param {string} run */
  constructor(run) {
    this.run = run;
    /** @type {Set<(stream: Stream) => void>} */
    this.viewers = new Set();
    /** @type {Status | null} */
    this.status = null;
    /** @type {{ snapshot: Snapshot | null, connections: Connections[] | null }} */
    this.newest = { snapshot: null, connections: null };
    /** @type {Recorded[]} kept snapshots, in the order of their steps */
    this.history = [];
    /** @type {Recorded | null} the one of them that is shown instead of the newest */
    this.selected = null;
    /** @type {Points} */
    this.points = { samples_seen: [], loss: [], smoothed: [] };
    /** @type {Estimates} */
    this.estimates = { samples_seen: [], accuracy: [] };
    /** @type {Epoch[]} */
    this.epochs = [];
    /** @type {number | null} when the connection was lost, ms; null while it stands */
    this.lostAt = null;
    this.goneMessage = ""; // why there is no such run
    /** @type {Map<number, (response: Response) => void>} requests without a response */
    this.requests = new Map();
    this.lastRequest = 0;
    this.loadingHistory = false;
    this.retryDelay = FIRST_RETRY;
    this.closed = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retryTimer = undefined;
    this.socket = this.connect();
  }

  connect() {
    const socket = new WebSocket(socketUrl(`live/${encodeURIComponent(this.run)}`));
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    let isFirst = true;
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        this.takeResponse(JSON.parse(data));
        return this.notify();
      }
      const message = unpack(data);
      if (isFirst) {
        this.restart();
        checkVersion(message.header.version);
      }
      isFirst = false;
      this.take(message);
      // Draw when the screen does, and answer when it is drawn: a hidden or slow page gets less.
      requestAnimationFrame(() => {
        this.notify();
        if (socket.readyState === WebSocket.OPEN) socket.send("drawn");
      });
    };
    socket.onclose = ({ code, reason }) => {
      for (const respond of this.requests.values()) respond({ error: NO_ANSWER });
      this.requests.clear();
      if (this.closed) return;
      if (code === GONE) this.goneMessage = reason;
      else {
        this.lostAt ??= Date.now();
        this.retryTimer = setTimeout(() => this.connect(), this.retryDelay);
        this.retryDelay = Math.min(2 * this.retryDelay, MAX_RETRY);
      }
      this.notify();
    };
    return socket;
  }

  /** A new connection sends all points, estimates and epochs again. */
  restart() {
    this.points = { samples_seen: [], loss: [], smoothed: [] };
    this.estimates = { samples_seen: [], accuracy: [] };
    this.epochs = [];
    this.lostAt = null;
    this.retryDelay = FIRST_RETRY;
  }

  /** @param {Message} message */
  take({ header, snapshot, connections }) {
    this.status = header;
    this.points.samples_seen.push(...header.points.samples_seen);
    this.points.loss.push(...header.points.loss);
    this.points.smoothed.push(...header.points.smoothed_loss);
    this.estimates.samples_seen.push(...header.accuracy_estimates.samples_seen);
    this.estimates.accuracy.push(...header.accuracy_estimates.accuracy);
    this.epochs.push(...header.new_epochs);
    this.newest = {
      snapshot: snapshot ?? this.newest.snapshot,
      connections: connections ?? this.newest.connections,
    };
  }

  /** @param {{ id: number } & Response} response */
  takeResponse({ id, ...response }) {
    this.requests.get(id)?.(response);
    this.requests.delete(id);
  }

  /** The snapshot that is shown. */
  get snapshot() {
    return (this.selected ?? this.newest).snapshot;
  }

  /** The strongest weights of the snapshot that is shown. */
  get connections() {
    return (this.selected ?? this.newest).connections;
  }

  /**
   * Show a snapshot of the history; null: the newest.
   *
   * @param {Recorded | null} recorded
   */
  select(recorded) {
    if (recorded === this.selected) return;
    this.selected = recorded;
    this.notify();
  }

  /** Fetch the kept snapshots that are not here yet, in portions and coarse first. */
  async loadHistory() {
    if (this.loadingHistory || !this.status) return;
    this.loadingHistory = true;
    const after = this.history.at(-1)?.snapshot.step ?? -1;
    const url = urlOf(
      `snapshots/${encodeURIComponent(this.run)}?after=${after}&until=${this.status.step}`,
    );
    try {
      let received = 0;
      while (!this.closed) {
        const response = await fetch(`${url}&skip=${received}`);
        if (!response.ok) return;
        const messages = unpackAll(await response.arrayBuffer());
        this.addHistory(messages);
        if (!messages.length) return;
        received += messages.length;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the status line says that it is lost
    } finally {
      this.loadingHistory = false;
      this.notify();
    }
  }

  /** @param {Message[]} messages */
  addHistory(messages) {
    const bySteps = new Map(this.history.map((recorded) => [recorded.snapshot.step, recorded]));
    for (const { snapshot, connections } of messages) {
      if (snapshot) bySteps.set(snapshot.step, { snapshot, connections });
    }
    this.history = [...bySteps.values()].sort((a, b) => a.snapshot.step - b.snapshot.step);
    this.notify();
  }

  /**
   * Send a command, or "random_image", to the run, once.
   *
   * @param {string} what
   * @param {number} [value]
   * @returns {Promise<Response>} an error also where the server cannot be asked
   */
  request(what, value) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve({ error: RECONNECTING });
    const id = ++this.lastRequest;
    this.socket.send(JSON.stringify({ id, request: what, value }));
    return new Promise((resolve) => this.requests.set(id, resolve));
  }

  /** Tell every viewer; one that fails neither keeps it from the others nor ends the stream. */
  notify() {
    for (const viewer of this.viewers) {
      try {
        viewer(this);
      } catch (error) {
        console.error("Digitscope: a viewer of the run failed.", error);
      }
    }
  }

  close() {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.socket.close();
  }
}

/** @type {Map<string, Stream>} */
const streams = new Map();

/**
 * Call `viewer` now if there is something to show, and whenever there is news.
 *
 * @param {string} run
 * @param {(stream: Stream) => void} viewer
 * @returns {() => void} ends it; the socket closes when nobody views the run any more
 */
export function follow(run, viewer) {
  const stream = streams.get(run) ?? new Stream(run);
  streams.set(run, stream);
  stream.viewers.add(viewer);
  if (stream.status || stream.goneMessage) viewer(stream);
  return () => {
    stream.viewers.delete(viewer);
    // Not at once: Streamlit may only be moving the component.
    setTimeout(() => {
      if (stream.viewers.size || streams.get(run) !== stream) return;
      streams.delete(run);
      stream.close();
    }, CLOSE_DELAY);
  };
}
