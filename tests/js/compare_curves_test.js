import assert from "node:assert";
import { inWords, lastAccuracy } from "../../assets/components/compare_curves/in_words.js";
import { leavingText, lossRange } from "../../assets/components/compare_curves/loss_range.js";
import { withPicked } from "../../assets/components/compare_curves/picked_lines.js";
import {
  accuracySeries,
  estimateSeries,
  lossSeries,
  seedBand,
  thinned,
  valueAt,
} from "../../assets/components/compare_curves/series.js";
import { isBest, traces } from "../../assets/components/compare_curves/traces.js";

/** @import { Curves } from "../../assets/components/compare_curves/series.js" */
/** @import { Line, Options } from "../../assets/components/compare_curves/traces.js" */

/**
 * A run of two epochs of 1,000 images.
 *
 * @param {number} accuracy at its end
 * @param {number} [count] points of its loss
 * @returns {Curves}
 */
function run(accuracy, count = 10) {
  const samples_seen = Array.from({ length: count }, (_, i) => (2000 * (i + 1)) / count);
  const epoch = (/** @type {number} */ number, /** @type {number} */ test) => ({
    epoch: number,
    samples_seen: 1000 * number,
    seconds: 3 * number,
    val_loss: 1 - test,
    val_accuracy: null,
    test_accuracy: test,
    train_accuracy: 1,
  });
  return {
    status: {
      state: "finished",
      step: 20,
      total_steps: 20,
      samples_seen: 2000,
      seconds: 6,
      epochs: 2,
    },
    points: { samples_seen, smoothed: samples_seen.map((samples) => 2 - samples / 1000) },
    estimates: { samples_seen: [], accuracy: [] },
    epochs: [epoch(1, accuracy / 2), epoch(2, accuracy)],
  };
}

/** @type {Options} */
const OPTIONS = { axis: "samples_seen", loss: "train", accuracy: "test", seeds: false };
const COLORS = { text: "black", gray: "gray" };

/**
 * @param {string[]} ids
 * @param {Partial<Line>} [more]
 * @returns {Line}
 */
const line = (ids, more = {}) => ({
  name: ids.join(),
  details: "",
  color: "blue",
  rank: 0,
  configuration: "",
  runs: ids.map((id) => ({ id, name: `run ${id}`, active: false })),
  ...more,
});

Deno.test("a run's loss and accuracy are drawn over images, epochs or seconds", () => {
  const curves = run(0.8);
  assert.deepEqual(lossSeries(curves, "train", "samples_seen").y.slice(-1), [0]);
  assert.deepEqual(accuracySeries(curves, "test", "epochs"), { x: [1, 2], y: [0.4, 0.8] });
  assert.deepEqual(accuracySeries(curves, "test", "seconds").x, [3, 6]);
  assert.deepEqual(lossSeries(curves, "val", "samples_seen").x, [1000, 2000]);
  assert.deepEqual(accuracySeries(curves, "val", "epochs"), { x: [], y: [] }); // unknown
});

Deno.test("a long curve keeps its first and last point, and few between", () => {
  assert.deepEqual(thinned(0), []);
  assert.deepEqual(thinned(3), [0, 1, 2]);
  const rows = thinned(2000);
  assert(rows.length <= 201 && rows[0] === 0 && rows.at(-1) === 1999);
});

Deno.test("between its points a curve is interpolated, outside it is unknown", () => {
  const series = { x: [10, 20], y: [1, 3] };
  assert.deepEqual([5, 10, 15, 20, 25].map((at) => valueAt(series, at)), [null, 1, 2, 3, null]);
});

Deno.test("the median of seeds is a value that one of them had, in a band of all of them", () => {
  const seeds = [0.1, 0.4, 0.2, 0.3].map((y) => ({ x: [1, 2], y: [y, 2 * y] }));
  const band = seedBand(seeds);
  assert.deepEqual([band.median, band.low, band.high], [[0.2, 0.4], [0.1, 0.2], [0.4, 0.8]]);
  assert.deepEqual(band.values[0], [0.1, 0.4, 0.2, 0.3]);
});

Deno.test("from five seeds on the band is between the quartiles", () => {
  const band = seedBand([5, 1, 4, 2, 3].map((y) => ({ x: [1], y: [y] })));
  assert.deepEqual([band.low, band.median, band.high], [[2], [3], [4]]);
});

Deno.test("where only one seed is so far, there is no band", () => {
  const seeds = [{ x: [1], y: [1] }, { x: [1, 2], y: [2, 3] }, { x: [1], y: [3] }];
  assert.deepEqual(seedBand(seeds).x, [1]);
});

/** @param {object[]} made */
const names = (made) => made.map((each) => /** @type {any} */ (each).name);

Deno.test("three seeds are a median in a band; each is a line when wanted, or lifted", () => {
  const curves = new Map([["a", run(0.7)], ["b", run(0.9)], ["c", run(0.8)]]);
  const lines = [line(["a", "b", "c"])];
  const made = /** @type {any[]} */ (traces(lines, curves, OPTIONS, COLORS, null));
  assert.deepEqual(names(made), ["others", "a,b,c", "a,b,c", "others", "a,b,c", "a,b,c"]);
  assert.deepEqual(made[5].y, [0.4, 0.8]);
  assert.match(made[5].text[1], /median 80\.00 %<br>seeds: 70\.00 %, 90\.00 %, 80\.00 %/);
  const every = traces(lines, curves, { ...OPTIONS, seeds: true }, COLORS, null);
  assert.deepEqual(names(every).slice(0, 4), ["others", "run a", "run b", "run c"]);
  assert.equal(traces(lines, curves, OPTIONS, COLORS, lines[0]).length, 2 * (1 + 2 + 3));
});

Deno.test("two seeds are two lines", () => {
  const made = traces(
    [line(["a", "b"])],
    new Map([["a", run(1)], ["b", run(1)]]),
    OPTIONS,
    COLORS,
    null,
  );
  assert.deepEqual(names(made).slice(0, 3), ["others", "run a", "run b"]);
});

Deno.test("lines without a color are one trace, except the best and the lifted one", () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g"],
    curves = new Map(ids.map((id) => [id, run(0.5)]));
  const lines = ids.map((id, i) => line([id], { color: "", rank: i + 1 }));
  const made = /** @type {any[]} */ (traces(lines, curves, OPTIONS, COLORS, lines[4]));
  assert.deepEqual(names(made).slice(0, 5), ["others", "run a", "run b", "run c", "run e"]);
  assert.equal(made[0].x.filter((/** @type {unknown} */ x) => x === null).length, 3); // runs d, f and g
  assert(made[4].line.width > made[3].line.width && made[4].opacity > made[3].opacity);
  assert(isBest(lines[2], 7) && !isBest(lines[3], 7) && !isBest(lines[0], 6));
});

Deno.test("a run whose curves have not come has no line, and a name is no HTML", () => {
  const lines = [line(["a"]), line(["b"])];
  lines[0].runs[0].name = "<b>&";
  const made =
    /** @type {any[]} */ (traces(lines, new Map([["a", run(1)]]), OPTIONS, COLORS, null));
  assert.deepEqual(names(made), ["others", "<b>&", "others", "<b>&"]);
  assert(made[1].text[0].startsWith("&lt;b>&amp;: "));
});

Deno.test("the curves are said in words, best run first", () => {
  const lines = [line(["a"]), line(["b"]), line(["c"])];
  const curves = new Map([["a", run(0.7)], ["b", run(0.9)]]);
  assert.equal(
    inWords(lines, curves),
    "Curves of loss and accuracy of 3 runs. Highest test accuracy: run b 90.00 %, run a 70.00 %.",
  );
  assert.equal(
    inWords(lines.slice(2), curves),
    "Curves of loss and accuracy of 1 run: no accuracies yet.",
  );
  assert.equal(lastAccuracy(undefined), null);
});

Deno.test("a run that was just checked joins its configuration, or has the first free color", () => {
  const lines = [
    line(["a", "b"], { configuration: "one", color: "blue" }),
    line(["c"], { configuration: "two", color: "green" }),
  ];
  const fetched = new Map(["d", "e", "f"].map((id) => [id, {
    name: `run ${id}`,
    configuration: id === "d" ? "one" : id,
    active: id === "e",
  }]));
  const ids = (/** @type {string[] | null} */ picked) =>
    withPicked(lines, picked, fetched, ["blue", "green", "red"]).map(({ runs, color }) =>
      `${runs.map(({ id }) => id).join("")} ${color}`
    );
  assert.deepEqual(ids(null), ["ab blue", "c green"]);
  assert.deepEqual(ids(["a", "b", "c", "d", "e", "f"]), ["abd blue", "c green", "e red", "f "]);
  assert.deepEqual(ids(["a", "e", "not fetched yet"]), ["a blue", "e green"]);
  assert.deepEqual(ids([]), []);
  assert.equal(lines[0].runs.length, 2);
});

Deno.test("estimates are drawn where there is no figure of a whole epoch, joined to the next one", () => {
  const curves = run(0.8);
  curves.estimates = {
    samples_seen: [0, 500, 1500, 2000, 2200],
    accuracy: [0.1, 0.3, 0.6, 0.8, 0.9],
  };
  const [before, after] = estimateSeries(curves, "test", "samples_seen");
  assert.deepEqual(before, { x: [0, 500, 1000], y: [0.1, 0.3, 0.4] });
  assert.deepEqual(after, { x: [2000, 2200], y: [0.8, 0.9] });
  curves.epochs = [];
  assert.deepEqual(estimateSeries(curves, "test", "samples_seen")[0].y, curves.estimates.accuracy);
  assert.deepEqual(estimateSeries(curves, "test", "samples_seen")[1].y, []);
});

Deno.test("estimates are thinner and dotted, of one run and of the median of seeds", () => {
  const known = ["a", "b", "c"].map((id, i) => {
    const curves = run(0.8);
    curves.estimates = { samples_seen: [0, 500], accuracy: [0.1, [0.2, 0.3, 0.4][i]] };
    return /** @type {const} */ ([id, curves]);
  });
  const draw = (/** @type {string[]} */ ids) =>
    /** @type {any[]} */ (traces([line(ids)], new Map(known), OPTIONS, COLORS, null))
      .filter((each) => each.line.dash === "dot");
  const [single] = draw(["a"]);
  assert.deepEqual(single.y, [0.1, 0.2, 0.4]);
  assert(single.line.width < 1.75);
  assert.equal(single.text[1], "run a: about 20 %, an estimate");
  const [median] = draw(["a", "b", "c"]);
  assert.deepEqual(median.y, [0.1, 0.3, 0.4]);
});

Deno.test("a run that diverges does not flatten the others, and is named", () => {
  const known = (
    /** @type {string} */ name,
    /** @type {number[]} */ losses,
    hasDiverged = false,
  ) => ({
    name,
    losses,
    hasDiverged,
  });
  const sound = known("sound", [2.3, 1, 0.1]);
  assert.deepEqual(lossRange([sound]), { range: null, leaving: [] });
  const { range, leaving } = lossRange([sound, known("wild", [2.4, 90, 1e30], true)]);
  assert.deepEqual(leaving, ["wild"]);
  assert(range && range[0] === 0 && range[1] >= 2.4 && range[1] < 3);
  // Before its state says so:
  const early = lossRange([sound, known("wild", [2.4, 90, Infinity])]);
  assert.deepEqual(early.leaving, ["wild"]);
  assert(early.range && early.range[1] < 11);
  const alone = lossRange([known("wild", [2.4, 5, 1e30], true)]);
  assert(alone.range && alone.range[1] > 5 && alone.range[1] < 12);
  assert.deepEqual(lossRange([]), { range: null, leaving: [] });
});

Deno.test("what leaves the chart is said in words", () => {
  assert.equal(leavingText([]), "");
  assert.equal(leavingText(["rate 3"]), "rate 3 leaves the chart at the top.");
  assert.equal(leavingText(["a", "b"]), "a and b leave the chart at the top.");
  assert.equal(leavingText(["a", "b", "c", "d"]), "a, b and 2 more leave the chart at the top.");
});
