// The page's one WebSocket, which carries the news of all runs that the page shows.
// pages/server/wire.py describes what is sent.

import { socketUrl } from "./urls.js";
import { checkVersion } from "./version.js";
import { unpack } from "./wire.js";

/** @import { Message } from "./wire.js" */

const FIRST_RETRY = 500, MAX_RETRY = 8000; // milliseconds
const CLOSE_DELAY = 1000; // milliseconds
export const RECONNECTING = "Connection lost. Reconnecting…";
const NO_ANSWER = "The connection was lost before Digitscope answered. Try again.";

/**
 * What the page wants of a run.
 *
 * @typedef {object} Wish
 * @property {number | null} rate messages a second at most; null: as many as there are
 * @property {number | null} tiles neurons at most; null: all
 * @property {boolean} connections whether the strongest weights between layers are wanted
 * @property {boolean} points whether the points of the loss curve are wanted
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

/**
 * Who takes the news of a run.
 *
 * @typedef {object} Receiver
 * @property {Wish} wish
 * @property {(message: Message) => void} take
 * @property {() => void} notify shows what was taken
 * @property {(lostAt: number, problem: string) => void} lose takes that the connection is lost,
 *   since when in milliseconds, and what the server says about it, or ""
 * @property {(ended: { gone?: string, problem?: string }) => void} end takes why there is no more
 *   news
 */

export class LiveSocket {
  constructor() {
    /** @type {Map<string, Receiver>} by the runs */
    this.receivers = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {Map<number, (response: Response) => void>} requests without a response */
    this.requests = new Map();
    this.lastRequest = 0;
    /** @type {Set<string>} runs with news that is to be drawn */
    this.undrawn = new Set();
    /** @type {number | null} when the connection was lost, ms; null while it stands */
    this.lostAt = null;
    this.problem = ""; // why the server closed it
    this.retryDelay = FIRST_RETRY;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined; // until the next attempt, or until it is closed
  }

  /**
   * Watch a run, or tell the server that something else is wanted of it.
   *
   * @param {string} run
   * @param {Receiver} receiver
   */
  watch(run, receiver) {
    this.receivers.set(run, receiver);
    if (this.socket) this.send({ watch: run, ...receiver.wish });
    else this.connect();
    if (this.lostAt !== null) receiver.lose(this.lostAt, this.problem);
  }

  /** @param {string} run */
  unwatch(run) {
    this.receivers.delete(run);
    this.undrawn.delete(run);
    this.send({ unwatch: run });
    if (this.receivers.size) return;
    setTimeout(() => !this.receivers.size && this.close(), CLOSE_DELAY);
  }

  /**
   * Send a command, or "random_image", to a run, once.
   *
   * @param {string} run
   * @param {string} request
   * @param {number} [value]
   * @returns {Promise<Response>} an error also where the server cannot be asked
   */
  request(run, request, value) {
    const id = ++this.lastRequest;
    if (!this.send({ id, run, request, value })) {
      return Promise.resolve({ error: this.problem || RECONNECTING });
    }
    return new Promise((resolve) => this.requests.set(id, resolve));
  }

  /** → whether there is a connection @param {object} content */
  send(content) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(content));
    return true;
  }

  connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(socketUrl("live"));
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      for (const [run, { wish }] of this.receivers) this.send({ watch: run, ...wish });
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.takeText(JSON.parse(data));
      else this.takeMessage(unpack(data));
    };
    socket.onclose = ({ reason }) => this.lose(reason);
  }

  /** @param {Message} message */
  takeMessage(message) {
    const { run, first, version } = message.header;
    if (this.lostAt !== null) {
      this.lostAt = null;
      this.problem = "";
      this.retryDelay = FIRST_RETRY;
    }
    if (first) checkVersion(version);
    this.receivers.get(run)?.take(message);
    // Draw when the screen does, and answer when it is drawn: a hidden or slow page gets less.
    if (!this.undrawn.size) requestAnimationFrame(() => this.draw());
    this.undrawn.add(run);
  }

  draw() {
    const runs = [...this.undrawn];
    this.undrawn.clear();
    for (const run of runs) {
      this.receivers.get(run)?.notify();
      this.send({ drawn: run });
    }
  }

  /** @param {any} text */
  takeText({ id, run, ...content }) {
    if (run === undefined) {
      this.requests.get(id)?.(content);
      this.requests.delete(id);
      return;
    }
    const receiver = this.receivers.get(run);
    if (content.gone) this.receivers.delete(run); // it is not asked for again
    receiver?.end(content);
  }

  /** Tell everyone that the connection is lost, and try again. @param {string} problem */
  lose(problem) {
    for (const respond of this.requests.values()) respond({ error: NO_ANSWER });
    this.requests.clear();
    this.undrawn.clear();
    this.lostAt ??= Date.now();
    this.problem = problem;
    this.timer = setTimeout(() => this.connect(), this.retryDelay);
    this.retryDelay = Math.min(2 * this.retryDelay, MAX_RETRY);
    for (const receiver of this.receivers.values()) receiver.lose(this.lostAt, problem);
  }

  close() {
    clearTimeout(this.timer);
    if (this.socket) {
      this.socket.onmessage = this.socket.onclose = null;
      this.socket.close();
    }
    this.socket = this.lostAt = null;
    this.retryDelay = FIRST_RETRY;
  }
}
