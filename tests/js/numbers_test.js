import assert from "node:assert";
import {
  formatCompact,
  formatCount,
  formatPercent,
  formatWeight,
} from "../../assets/lib/numbers.js";

Deno.test("counts have their thousands separated, or are shortened", () => {
  assert.equal(formatCount(29784), "29,784");
  assert.equal(formatCompact(29784), "30K");
  assert.equal(formatCompact(640), "640");
});

Deno.test("percentages have one decimal, or as many as asked for", () => {
  assert.equal(formatPercent(0.974), "97.4 %");
  assert.equal(formatPercent(0.974, 0), "97 %");
});

Deno.test("only 0 and 1 are written as 0 and 100 %", () => {
  assert.equal(formatPercent(0), "0.0 %");
  assert.equal(formatPercent(1), "100.0 %");
  assert.equal(formatPercent(0.0004), "< 0.1 %");
  assert.equal(formatPercent(0.9996), "> 99.9 %");
  assert.equal(formatPercent(0.996, 0), "> 99 %");
});

Deno.test("weights have two significant digits and a real minus sign", () => {
  assert.equal(formatWeight(0), "0");
  assert.equal(formatWeight(0.0312), "0.031");
  assert.equal(formatWeight(-1.27), "−1.3");
  assert.equal(formatWeight(-1234.5), "−1,235");
  assert.equal(formatWeight(0.00012), "1.2e-4");
});
