// What the status line says of a run.

import { formatCount, formatPercent } from "../../lib/numbers.js";

/** @import { Status, Stream } from "../../lib/stream.js" */

/** @type {Record<string, string>} */
export const STATES = {
  queued: "Queued",
  running: "Training",
  paused: "Paused",
  finished: "Finished",
  stopped: "Stopped",
  diverged: "Diverged",
  failed: "Failed",
  interrupted: "Interrupted",
};

/** "epoch 3 of 10 · 29,784 images seen · 41,200 per second …" @param {Status} status */
export function progress(status) {
  const { state, epoch, epochs, step, total_steps, samples_seen, seconds, test_accuracy } = status;
  const current = Math.min(epoch + (state === "finished" ? 0 : 1), epochs);
  const parts = [`epoch ${current} of ${epochs}`, `${formatCount(samples_seen)} images seen`];
  if (seconds) {
    parts.push(`${formatCount(Math.round(samples_seen / seconds / 100) * 100)} per second`);
  }
  if (test_accuracy !== null) parts.push(`test accuracy ${formatPercent(test_accuracy)}`);
  const left = step ? (seconds / step) * (total_steps - step) : 0;
  if (state === "running" && left >= 1) parts.push(`about ${Math.round(left)} s left`);
  return parts.join(" · ");
}

/**
 * What there is to say beside the figures, often nothing.
 *
 * @param {Stream} stream
 * @param {number} now ms
 */
export function message({ status, lostAt, problem }, now) {
  if (problem) return problem;
  if (lostAt === null) return status?.message ?? "";
  const age = Math.round((now - lostAt) / 1000);
  const isActive = ["queued", "running"].includes(status?.state ?? "");
  return `Connection to Digitscope lost; this view is ${age} s old. Reconnecting…` +
    (isActive ? " Training continues." : "");
}

/**
 * For screen readers: news once an epoch or when something happens, not with every snapshot.
 *
 * @param {Stream} stream
 */
export function announcement({ status, lostAt, goneMessage, problem }) {
  if (problem) return problem;
  if (lostAt !== null) return "Connection lost";
  if (goneMessage || !status) return goneMessage;
  const { state, epoch, epochs, test_accuracy, message } = status;
  const accuracy = test_accuracy === null ? "" : `: test accuracy ${formatPercent(test_accuracy)}`;
  const done = epoch ? `, epoch ${epoch} of ${epochs} done${accuracy}` : "";
  return `${STATES[state]}${done}. ${message}`;
}
