// A run's live stream: what all components that show the run share.

import { LiveSocket } from "./live_socket.js";
import { urlOf } from "./urls.js";
import { unpackAll } from "./wire.js";

/** @import { Response, Wish } from "./live_socket.js" */
/** @import { Connections, Message, Snapshot } from "./wire.js" */

const CLOSE_DELAY = 1000; // milliseconds
/** @type {Wish} */
const EVERYTHING = { rate: null, tiles: null, connections: true, points: true };

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

/** @typedef {{ snapshot: Snapshot, connections: Connections[] | null }} Recorded a snapshot of the past */

export class Stream {
  /**
   * @param {string} run
   * @param {LiveSocket} socket
   */
  constructor(run, socket) {
    this.run = run;
    this.socket = socket;
    /** @type {Map<(stream: Stream) => void, Wish>} each with what it shows of the run */
    this.viewers = new Map();
    this.wish = EVERYTHING; // of all viewers together
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
    this.problem = ""; // why the server does not show it
    this.loadingHistory = false;
    this.closed = false;
  }

  /**
   * Add a viewer, or change what it wants.
   *
   * @param {(stream: Stream) => void} viewer
   * @param {Wish} wish
   */
  add(viewer, wish) {
    const isFirst = !this.viewers.size;
    this.viewers.set(viewer, wish);
    this.update(isFirst);
  }

  /** @param {(stream: Stream) => void} viewer */
  remove(viewer) {
    this.viewers.delete(viewer);
    if (this.viewers.size) this.update();
  }

  /** Want of the server what all viewers want together. @param {boolean} isNew */
  update(isNew = false) {
    const wishes = [...this.viewers.values()];
    /** @param {(number | null)[]} limits */
    const largest = (limits) => limits.includes(null) ? null : Math.max(...limits.map(Number));
    const wish = {
      rate: largest(wishes.map(({ rate }) => rate)),
      tiles: largest(wishes.map(({ tiles }) => tiles)),
      connections: wishes.some(({ connections }) => connections),
      points: wishes.some(({ points }) => points),
    };
    const hasChanged = JSON.stringify(wish) !== JSON.stringify(this.wish);
    const tiles = this.historyTiles;
    this.wish = wish;
    if (this.historyTiles !== tiles) {
      this.history = [];
      this.selected = null;
    }
    if (isNew || hasChanged) this.socket.watch(this.run, this);
  }

  /** @param {Message} message */
  take({ header, snapshot, connections }) {
    if (header.first) this.restart();
    else if (!this.status) return; // it was sent before this page left the run and came back
    this.status = header;
    this.lostAt = null;
    this.problem = "";
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

  /** The first message has all points, estimates and epochs, also after a lost connection. */
  restart() {
    this.points = { samples_seen: [], loss: [], smoothed: [] };
    this.estimates = { samples_seen: [], accuracy: [] };
    this.epochs = [];
  }

  /**
   * @param {number} lostAt
   * @param {string} problem
   */
  lose(lostAt, problem) {
    this.lostAt = lostAt;
    this.problem = problem;
    this.notify();
  }

  /** @param {{ gone?: string, problem?: string }} ended */
  end({ gone = "", problem = "" }) {
    this.goneMessage = gone;
    this.problem = problem;
    this.notify();
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

  /** How many tiles of a kept snapshot are fetched, without connections; null: all, with them. */
  get historyTiles() {
    return this.wish.connections ? null : this.wish.tiles;
  }

  /** Fetch the kept snapshots that are not here yet, in portions and coarse first. */
  async loadHistory() {
    if (this.loadingHistory || !this.status) return;
    this.loadingHistory = true;
    const tiles = this.historyTiles;
    const after = this.history.at(-1)?.snapshot.step ?? -1;
    const url = urlOf(
      `snapshots/${encodeURIComponent(this.run)}?after=${after}&until=${this.status.step}` +
        (tiles === null ? "" : `&tiles=${tiles}`),
    );
    try {
      let received = 0;
      while (!this.closed) {
        const response = await fetch(`${url}&skip=${received}`);
        if (!response.ok) return;
        const messages = unpackAll(await response.arrayBuffer());
        if (tiles !== this.historyTiles) return; // more is wanted meanwhile, or less
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
    return this.socket.request(this.run, what, value);
  }

  /** Tell every viewer; one that fails neither keeps it from the others nor ends the stream. */
  notify() {
    for (const viewer of this.viewers.keys()) {
      try {
        viewer(this);
      } catch (error) {
        console.error("Digitscope: a viewer of the run failed.", error);
      }
    }
  }
}

const socket = new LiveSocket();
/** @type {Map<string, Stream>} */
const streams = new Map();

/**
 * Call `viewer` now if there is something to show, and whenever there is news: of all snapshots,
 * with everything, unless it wants less. Viewers of one run get what any of them wants.
 *
 * @param {string} run
 * @param {(stream: Stream) => void} viewer
 * @param {Partial<Wish>} [wish]
 * @returns {() => void} ends it; the run is not watched when nobody views it any more
 */
export function follow(run, viewer, wish = {}) {
  const stream = streams.get(run) ?? new Stream(run, socket);
  streams.set(run, stream);
  stream.add(viewer, { ...EVERYTHING, ...wish });
  if (stream.status || stream.goneMessage || stream.problem) viewer(stream);
  return () => {
    stream.remove(viewer);
    // Not at once: Streamlit may only be moving the component.
    setTimeout(() => {
      if (stream.viewers.size || streams.get(run) !== stream) return;
      streams.delete(run);
      stream.closed = true;
      socket.unwatch(run);
    }, CLOSE_DELAY);
  };
}
