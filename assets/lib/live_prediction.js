// Predictions of what is on the canvas, while it is drawn, over one WebSocket for all components of
// the page. pages/server/wire.py describes the messages. One image is under way at a time; of those
// that come meanwhile, the newest is next.

import { socketUrl } from "./urls.js";
import { checkVersion } from "./version.js";

const FIRST_RETRY = 500, MAX_RETRY = 8000; // milliseconds
const CLOSE_DELAY = 1000; // milliseconds

/**
 * What is on the canvas, once.
 *
 * @typedef {object} Drawing
 * @property {number} id higher than those of all earlier ones
 * @property {number} image the id of the image below the strokes
 * @property {number} strokes complete ones
 * @property {boolean} hasInk whether anything is drawn, or an image is below
 * @property {{ png: string } | { input: string }} pixels Base64: of the canvas, or a network's input
 */

/** @typedef {[run: string, step: number | null]} Model see pages/server/wire.py */

/** @typedef {{ probabilities: number[], rejected: boolean }} Prediction */

/**
 * @typedef {object} Answer
 * @property {Drawing} drawing
 * @property {string} input Base64 (28, 28) uint8
 * @property {string | null} problem why there is no digit to classify
 * @property {Prediction | null} prediction null: see `problem`, or the model is gone
 */

/** @typedef {{ answer: Answer | null, isLost: boolean }} News */

/** @typedef {{ model: Model, answer: Answer | null, show: (news: News) => void }} Viewer */

/** @typedef {{ images: { input: string, problem: string | null }[], models: { predictions?: Prediction[], layers?: number[][] }[] }} Response see pages/server/wire.py */

let lastId = 0;
/** The id of a new drawing or request. */
export const nextId = () => ++lastId;

export class LivePrediction {
  constructor() {
    /** @type {Set<Viewer>} */
    this.viewers = new Set();
    this.users = 0; // components that need the connection
    /** @type {{ take: () => Drawing, done: () => void } | null} the newest drawing, not sent yet */
    this.next = null;
    this.isUnderWay = false; // a drawing
    /** @type {Map<number, (response: Response | null) => void>} by the request's id */
    this.waiting = new Map();
    this.isConnected = false;
    this.isLost = false; // not while it opens for the first time
    /** @type {(() => void)[]} requests that wait for the connection */
    this.whenConnected = [];
    this.retryDelay = FIRST_RETRY;
    this.closed = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retryTimer = undefined;
    this.socket = this.connect();
  }

  connect() {
    const socket = new WebSocket(socketUrl("predict"));
    this.socket = socket;
    socket.onopen = () => {
      this.isConnected = true;
      this.isLost = false;
      this.retryDelay = FIRST_RETRY;
      for (const request of this.whenConnected.splice(0)) request();
      this.notify();
      this.send();
    };
    socket.onmessage = ({ data }) => {
      const response = JSON.parse(data);
      checkVersion(response.version);
      this.waiting.get(response.id)?.(response.error ? null : response);
      this.waiting.delete(response.id);
    };
    socket.onclose = () => {
      this.isConnected = false;
      for (const resolve of this.waiting.values()) resolve(null);
      this.waiting.clear();
      if (this.closed) return;
      this.isLost = true;
      this.retryTimer = setTimeout(() => this.connect(), this.retryDelay);
      this.retryDelay = Math.min(2 * this.retryDelay, MAX_RETRY);
      this.notify();
    };
    return socket;
  }

  /**
   * Have each model predict all images, when there is a connection. → null when it is lost meanwhile,
   * or the server rejects the images.
   *
   * @param {Drawing["pixels"][]} images
   * @param {Model[]} models
   * @param {{ id?: number, with_layers?: boolean }} [options] the id of a drawing, which is sent once;
   *   whether the activations of all layers are wanted
   * @returns {Promise<Response | null>}
   */
  ask(images, models, { id = nextId(), with_layers = false } = {}) {
    return new Promise((resolve) => {
      const request = () => {
        this.waiting.set(id, resolve);
        this.socket.send(JSON.stringify({ id, images, models, with_layers }));
      };
      if (this.isConnected) request();
      else this.whenConnected.push(request);
    });
  }

  /**
   * Predict what `take` returns, called when it can be sent; a later call replaces this one.
   *
   * @param {() => Drawing} take
   * @returns {Promise<void>} when the prediction is shown, or will not be
   */
  predict(take) {
    this.next?.done();
    return new Promise((done) => {
      this.next = { take, done };
      if (!this.isConnected) done();
      this.send();
    });
  }

  /** Whether a drawing is under way or waits. */
  get isBusy() {
    return Boolean(this.isUnderWay || this.next);
  }

  async send() {
    if (!this.next || this.isUnderWay || !this.isConnected) return;
    const { take, done } = this.next, drawing = take();
    /** @type {[Viewer, Model][]} */
    const requested = [...this.viewers].map((viewer) => [viewer, viewer.model]);
    this.next = null;
    this.isUnderWay = true;
    const models = requested.map(([_, model]) => model);
    const response = await this.ask([drawing.pixels], models, { id: drawing.id });
    this.isUnderWay = false;
    if (response) {
      const [{ input, problem }] = response.images;
      requested.forEach(([viewer, model], i) => {
        if (viewer.model !== model) return; // another one has been chosen meanwhile
        const { predictions } = response.models[i] ?? {};
        if (!problem && !predictions) return; // the last answer stays; the script says if it is gone
        const prediction = problem ? null : predictions?.[0] ?? null;
        viewer.answer = { drawing, input, problem, prediction };
      });
      this.notify();
    }
    done();
    this.send();
  }

  notify() {
    for (const viewer of this.viewers) this.tell(viewer);
  }

  /** One that fails neither keeps it from the others nor ends the connection. @param {Viewer} viewer */
  tell(viewer) {
    try {
      viewer.show({ answer: viewer.answer, isLost: this.isLost });
    } catch (error) {
      console.error("Digitscope: a prediction could not be shown.", error);
    }
  }

  close() {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.socket.close();
  }
}

/** @type {LivePrediction | null} */
let shared = null;

/** The page's connection; the first call opens it. */
export function livePrediction() {
  shared ??= new LivePrediction();
  return shared;
}

/**
 * Keep the page's connection open. → ends it: it closes when nobody needs it any more.
 *
 * @returns {() => void}
 */
export function keepOpen() {
  const live = livePrediction();
  live.users++;
  return () => {
    live.users--;
    // Not at once: Streamlit may only be moving the component.
    setTimeout(() => {
      if (live.users || live.closed) return;
      live.close();
      if (shared === live) shared = null;
    }, CLOSE_DELAY);
  };
}

/**
 * Show the model's predictions of what is drawn from now on.
 *
 * @param {Viewer} viewer
 * @returns {() => void} ends it
 */
export function view(viewer) {
  const live = livePrediction(), release = keepOpen();
  live.viewers.add(viewer);
  live.tell(viewer);
  return () => {
    live.viewers.delete(viewer);
    release();
  };
}
