// A prediction in words that are as confident as its probabilities.

import { formatPercent } from "./numbers.js";

/** @import { Prediction } from "./live_prediction.js" */

const MAX_CONFIDENCE = 0.9999; // shown; a probability may round to 1
const CONFIDENT = 0.9, LIKELY = 0.6; // probabilities from which on the words are firmer

/**
 * A title, and a line below it.
 *
 * @param {Prediction | null} prediction
 * @param {string | null} problem why there is no digit to classify, a sentence
 * @param {boolean} hasInk whether anything is on the canvas
 * @returns {[title: string, caption: string]}
 */
export function inWords(prediction, problem, hasInk) {
  if (!hasInk) return ["Nothing drawn yet", "The prediction follows your pen."];
  if (problem) return [problem.replace(/\.$/, ""), "Draw one large digit."];
  if (!prediction) return ["No prediction", "This model cannot be reached. Choose another one."];
  const { probabilities, rejected } = prediction;
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const [first, second] = order, confidence = probabilities[first];
  if (rejected) return ["This does not look like a digit", `Closest digit: ${first}`];
  return [
    confidence >= CONFIDENT
      ? `Looks like ${withArticle(first)}`
      : confidence >= LIKELY
      ? `Probably ${withArticle(first)}, maybe ${withArticle(second)}`
      : "Not sure: " + first + "?",
    `Confidence ${formatPercent(Math.min(confidence, MAX_CONFIDENCE))}`,
  ];
}

/** @param {number} digit */
export const withArticle = (digit) => digit === 8 ? `an ${digit}` : `a ${digit}`;
