import { deepStrictEqual as equal } from "node:assert";
import { commentary, comparable } from "../../assets/components/race/commentary.js";

/** @param {string} label @param {number | null} accuracy @param {string} [state] */
const lane = (label, accuracy, state = "running", samplesSeen = 10_000) => ({
  label,
  accuracy,
  state,
  samplesSeen,
});

Deno.test("before the start there is nothing to say", () => {
  equal(commentary([lane("0.1", null, ""), lane("3", null, "")]), "");
  equal(
    commentary([lane("0.1", null, "queued"), lane("3", null, "queued")]),
    "The race starts soon.",
  );
});

Deno.test("the leader is named with its lead", () => {
  equal(
    commentary([lane("0.01", 0.911), lane("0.1", 0.942)]),
    "0.1 leads with 94.2 %, 3.1 points ahead of 0.01.",
  );
});

Deno.test("lanes that diverged, failed or guess are named, and no lead over them is given", () => {
  equal(
    commentary([lane("0.1", 0.942), lane("1", 0.1), lane("3", 0.5, "diverged")]),
    "0.1 leads with 94.2 %. 3 has diverged. 1 is no better than guessing.",
  );
  equal(
    commentary([lane("a", null, "diverged"), lane("b", null, "diverged"), lane("c", 0.9)]),
    "c leads with 90.0 %. a and b have diverged.",
  );
  equal(
    commentary([lane("a", 0.5, "failed"), lane("b", 0.9), lane("c", 0.8, "stopped")]),
    "b leads with 90.0 %, 10.0 points ahead of c. a has failed. c was stopped.",
  );
});

Deno.test("accuracies that hardly differ are level", () => {
  equal(commentary([lane("1", 0.97), lane("2", 0.972)]), "2 and 1 are level, at about 97.2 %.");
});

Deno.test("at first nobody is better than guessing", () => {
  equal(
    commentary([lane("1", 0.1), lane("2", 0.12)]),
    "No lane is better than guessing yet.",
  );
  equal(commentary([lane("1", null), lane("2", null)]), "");
});

Deno.test("at the end there is a winner", () => {
  equal(
    commentary([lane("0.1", 0.98, "finished"), lane("3", 0.09, "finished")]),
    "0.1 won with 98.0 %. 3 is no better than guessing.",
  );
  equal(
    commentary([lane("1", null, "diverged"), lane("3", null, "failed")]),
    "No lane has finished. 1 has diverged. 3 has failed.",
  );
});

Deno.test("a paused race says so", () => {
  equal(
    commentary([lane("1", 0.9, "paused"), lane("2", 0.8, "paused")]),
    "Paused. 1 leads with 90.0 %, 10.0 points ahead of 2.",
  );
});

Deno.test("a stopped race has no winner", () => {
  equal(
    commentary([lane("1", 0.9, "stopped"), lane("2", 0.8, "stopped")]),
    "1 led with 90.0 %, 10.0 points ahead of 2. The race was stopped.",
  );
  equal(
    commentary([lane("1", 0.9, "stopped"), lane("2", 0.8, "stopped"), lane("3", 0.1, "diverged")]),
    "1 led with 90.0 %, 10.0 points ahead of 2. 3 has diverged. The race was stopped.",
  );
});

Deno.test("accuracies are compared up to the images at which every lane has one", () => {
  const early = { samples_seen: [0, 64, 128], accuracy: [0.1, 0.3, 0.5] };
  const late = { samples_seen: [0, 64, 256], accuracy: [0.1, 0.4, 0.9] };
  equal(comparable([early, late]), { after: 128, accuracies: [0.5, 0.4] });
  equal(comparable([early, late], Infinity).accuracies, [0.5, 0.9]);
  const none = { samples_seen: [], accuracy: [] };
  equal(comparable([early, none]), { after: 128, accuracies: [0.5, null] });
  equal(comparable([none]), { after: 0, accuracies: [null] });
  equal(comparable([]), { after: 0, accuracies: [] });
  equal(
    commentary([lane("0.01", 0.911), lane("0.1", 0.942)], 12_800),
    "0.1 leads with 94.2 % after 12,800 images, 3.1 points ahead of 0.01.",
  );
});
