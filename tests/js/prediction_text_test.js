import assert from "node:assert";
import { inWords } from "../../assets/lib/prediction_text.js";

/**
 * `first` with the probability `confidence`, `second` with nearly all that is left.
 *
 * @param {number} first
 * @param {number} confidence
 * @param {number} second
 */
function prediction(first, confidence, second, rejected = false) {
  const probabilities = Array(10).fill((1 - confidence) * 0.05 / 8);
  probabilities[second] = (1 - confidence) * 0.95;
  probabilities[first] = confidence;
  return { probabilities, rejected };
}

Deno.test("lower confidence is put in more careful words", () => {
  for (
    const [share, text] of /** @type {const} */ ([
      [0.999, "Looks like a 5"],
      [0.9, "Looks like a 5"],
      [0.89, "Probably a 5, maybe an 8"],
      [0.6, "Probably a 5, maybe an 8"],
      [0.55, "Not sure: 5?"],
    ])
  ) assert.equal(inWords(prediction(5, share, 8), null, true)[0], text);
});

Deno.test("certainty is never claimed, and a rejected image keeps its closest digit", () => {
  assert.equal(inWords(prediction(1, 1, 2), null, true)[1], "Confidence > 99.9 %");
  const [title, caption] = inWords(prediction(3, 0.99, 2, true), null, true);
  assert.equal(title, "This does not look like a digit");
  assert.equal(caption, "Closest digit: 3");
});

Deno.test("without a digit the problem is said, and only an empty canvas asks for a drawing", () => {
  assert.equal(inWords(null, "Too small to read.", true)[0], "Too small to read");
  assert.equal(inWords(null, "No digit found.", false)[0], "Nothing drawn yet");
  assert.equal(inWords(null, "No digit found.", true)[0], "No digit found");
  assert.equal(inWords(null, null, true)[0], "No prediction");
});
