import assert from "node:assert";
import {
  nearestSpeed,
  SPEEDS,
  stepsToEpochEnd,
} from "../../assets/components/run_controls/speeds.js";

Deno.test("every speed of the slider is found again", () => {
  SPEEDS.forEach((speed, index) => assert.equal(nearestSpeed(speed), index));
});

Deno.test("a speed that the slider does not have is shown as the nearest that it has", () => {
  assert.equal(SPEEDS[nearestSpeed(3)], 2);
  assert.equal(SPEEDS[nearestSpeed(500)], 25);
  assert.equal(SPEEDS[nearestSpeed(0.1)], 1);
});

Deno.test("One epoch goes to the end of the epoch, and from an end to the next", () => {
  assert.equal(stepsToEpochEnd({ step: 30, total_steps: 400, epochs: 4 }), 70);
  assert.equal(stepsToEpochEnd({ step: 100, total_steps: 400, epochs: 4 }), 100);
});
