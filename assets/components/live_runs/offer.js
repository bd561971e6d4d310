// The runs that are active on this server, as the server tells them, and which of them are offered.

/**
 * An active run, as pages/server/live_runs.py describes it.
 *
 * @typedef {object} ActiveRun
 * @property {string} id
 * @property {string} name
 * @property {string} network
 * @property {string} state
 * @property {boolean} yours
 */

const FIRST_RETRY = 500, MAX_RETRY = 8000; // milliseconds

/**
 * The others' runs, without the one in view; none while one's own run, in view, is active.
 *
 * @param {ActiveRun[]} runs
 * @param {string | null} inView the id of the run in view
 */
export function offered(runs, inView) {
  if (runs.find(({ id }) => id === inView)?.yours) return [];
  return runs.filter(({ id, yours }) => !yours && id !== inView);
}

/**
 * The text of the offer.
 *
 * @param {number} count
 */
export function offerText(count) {
  return `${count === 1 ? "1 run is" : `${count} runs are`} training: watch`;
}

/**
 * Call `show` with the active runs whenever they change, while the tab is visible.
 *
 * @param {string} url of the WebSocket
 * @param {(runs: ActiveRun[]) => void} show
 * @returns {() => void} ends it
 */
export function followLiveRuns(url, show) {
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retryTimer;
  let retryDelay = FIRST_RETRY;

  function open() {
    const opened = socket = new WebSocket(url);
    opened.onmessage = ({ data }) => {
      retryDelay = FIRST_RETRY;
      show(JSON.parse(data).runs);
    };
    opened.onclose = () => {
      if (opened !== socket) return; // closed by the page
      retryTimer = setTimeout(open, retryDelay);
      retryDelay = Math.min(2 * retryDelay, MAX_RETRY);
    };
  }

  function close() {
    clearTimeout(retryTimer);
    const closing = socket;
    socket = null;
    closing?.close();
  }

  /** A hidden tab keeps nobody busy. */
  function follow() {
    close();
    if (document.visibilityState === "visible") open();
  }

  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    close();
  };
}
