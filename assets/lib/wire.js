// Unpacking of the server's binary messages. pages/server/wire.py describes the format.

import { PIXELS } from "./canvas.js";

/**
 * The first layer's weights at one step: of neuron n, weight i is scales[n] · tiles[784 n + i] / 127.
 *
 * @typedef {object} Snapshot
 * @property {number} step
 * @property {number | null} samples_seen
 * @property {number | null} [loss]
 * @property {number} neurons in the tiles
 * @property {number} [total_neurons] in the layer
 * @property {Float32Array} scales (neurons,)
 * @property {Int8Array} tiles (neurons, 784)
 */

/**
 * The strongest weights between two layers, weakest first.
 *
 * @typedef {object} Connections
 * @property {Uint16Array} starts
 * @property {Uint16Array} ends
 * @property {Float32Array} weights
 */

/**
 * @typedef {object} Message
 * @property {any} header
 * @property {Snapshot | null} snapshot null: the message has none
 * @property {Connections[] | null} connections likewise
 */

/**
 * @param {ArrayBuffer} data one message
 * @returns {Message}
 */
export function unpack(data) {
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let offset = 4 + length;
  /**
   * @template {Float32Array | Uint16Array | Int8Array} A
   * @param {new (data: ArrayBuffer, offset: number, count: number) => A} Type
   * @param {number} count
   */
  const next = (Type, count) => {
    const part = new Type(data, offset, count);
    offset += part.byteLength;
    return part;
  };
  let snapshot = null;
  if (header.snapshot) {
    const { neurons } = header.snapshot;
    const scales = next(Float32Array, neurons);
    snapshot = { ...header.snapshot, scales, tiles: next(Int8Array, neurons * PIXELS) };
  }
  const connections = header.connections?.map((/** @type {number} */ count) => ({
    starts: next(Uint16Array, count),
    ends: next(Uint16Array, count),
    weights: next(Float32Array, count),
  }));
  return { header, snapshot, connections: connections ?? null };
}

/**
 * @param {ArrayBuffer} data messages, each after its length
 * @returns {Message[]}
 */
export function unpackAll(data) {
  const messages = [];
  for (let offset = 0; offset < data.byteLength;) {
    const start = offset + 4;
    const end = start + new DataView(data).getUint32(offset, true);
    messages.push(unpack(data.slice(start, end)));
    offset = end;
  }
  return messages;
}
