import assert from "node:assert";
import {
  nextNode,
  placeNodes,
  targetAt,
} from "../../assets/components/network_diagram/geometry.js";

const NODES = placeNodes([784, 3, 10], 600, 340);
const LINES = [
  { starts: Uint16Array.of(0), ends: Uint16Array.of(1), weights: Float32Array.of(1) },
  { starts: Uint16Array.of(1), ends: Uint16Array.of(9), weights: Float32Array.of(-1) },
];

Deno.test("every node lies inside the diagram, layer after layer from left to right", () => {
  assert.deepEqual(NODES.map((layer) => layer.length), [784, 3, 10]);
  for (const { x, y } of NODES.flat()) assert(x > 0 && x < 600 && y > 0 && y < 340);
  assert(NODES[0][783].x < NODES[1][0].x && NODES[1][0].x < NODES[2][0].x);
});

Deno.test("the pointer finds the node it is on", () => {
  for (const [layer, node] of [[0, 300], [1, 2], [2, 9]]) {
    const { x, y } = NODES[layer][node];
    assert.deepEqual(targetAt(NODES, LINES, x, y), { layer, node });
  }
});

Deno.test("between nodes the pointer finds the line that it is on, and far from all nothing", () => {
  const from = NODES[1][1], to = NODES[2][9];
  const middle = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  assert.deepEqual(targetAt(NODES, LINES, middle[0], middle[1]), { layer: 1, line: 0 });
  assert.equal(targetAt(NODES, LINES, middle[0], 5), null);
});

Deno.test("arrow keys go through the neurons of a layer and to the layers beside it", () => {
  const sizes = [784, 128, 10];
  assert.deepEqual(nextNode("ArrowDown", null, sizes), { layer: 1, node: 0 });
  assert.deepEqual(nextNode("ArrowRight", { layer: 0, line: 3 }, sizes), { layer: 1, node: 0 });
  assert.deepEqual(nextNode("ArrowDown", { layer: 1, node: 0 }, sizes), { layer: 1, node: 1 });
  assert.deepEqual(nextNode("End", { layer: 1, node: 0 }, sizes), { layer: 1, node: 127 });
  assert.deepEqual(nextNode("ArrowDown", { layer: 1, node: 127 }, sizes), { layer: 1, node: 127 });
  assert.deepEqual(nextNode("ArrowRight", { layer: 1, node: 127 }, sizes), { layer: 2, node: 9 });
  assert.deepEqual(nextNode("ArrowRight", { layer: 2, node: 9 }, sizes), { layer: 2, node: 9 });
  assert.deepEqual(nextNode("ArrowLeft", { layer: 2, node: 0 }, sizes), { layer: 1, node: 6 });
  assert.deepEqual(nextNode("ArrowLeft", { layer: 1, node: 6 }, sizes), { layer: 1, node: 6 });
  assert.equal(nextNode("a", { layer: 1, node: 6 }, sizes), undefined);
});
