// Models of a gigabyte of weights that are no holes, so that copying them costs what copying costs.
import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { message, varint } from "../inspect/models.js";

/** Weights of 4096 × 4096 float32: 1.07 GB together. */
const COUNT = 16;
const SIDE = 4096;
const EACH = SIDE * SIDE * 4;

/** Fields of TensorProto (onnx.proto): raw_data, and float_data, which is the same bytes. */
export const RAW = 9;
export const FLOAT_DATA = 4;

const info = (name) =>
  message([
    [1, name],
    [2, message([[1, message([[1, 1]])]])],
  ]);

/** x · w0 · w1 · … = y */
function products() {
  return Array.from({ length: COUNT }, (_, i) => [
    1,
    message([
      [1, i === 0 ? "x" : `v${i - 1}`],
      [1, `w${i}`],
      [2, i === COUNT - 1 ? "y" : `v${i}`],
      [4, "MatMul"],
    ]),
  ]);
}

const HEAD = message([
  [1, 8],
  [8, message([[2, 17]])],
]);
const graph = (...more) => message([...products(), [2, "big"], [11, info("x")], [12, info("y")], ...more]);
const tensor = (i, ...more) => message([[1, SIDE], [1, SIDE], [2, 1], [8, `w${i}`], ...more]);

/** Numbers around 0.01 without a pattern that a disk or a file system could make smaller. */
function writeWeight(file, i) {
  const block = Buffer.alloc(4 * 1024 * 1024);
  for (let at = 0; at < EACH; at += block.length) {
    randomFillSync(block);
    for (let byte = 3; byte < block.length; byte += 4) block[byte] = 0x3c;
    block.writeUInt32LE(i, 0);
    writeSync(file, block);
  }
}

/**
 * One file in which every weight lies inside.
 * @param {string} path
 * @param {number} field RAW or FLOAT_DATA
 */
export function writeInside(path, field) {
  mkdirSync(dirname(path), { recursive: true });
  const start = Uint8Array.from([...varint(field * 8 + 2), ...varint(EACH)]);
  const heads = Array.from({ length: COUNT }, (_, i) => {
    const head = tensor(i);
    return Buffer.concat([
      Uint8Array.from([...varint(5 * 8 + 2), ...varint(head.length + start.length + EACH)]),
      head,
      start,
    ]);
  });
  const structure = graph();
  const size = structure.length + heads.reduce((sum, head) => sum + head.length + EACH, 0);
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([HEAD, Uint8Array.from([...varint(7 * 8 + 2), ...varint(size)]), structure]));
  for (const [i, head] of heads.entries()) {
    writeSync(file, head);
    writeWeight(file, i);
  }
  closeSync(file);
}

/**
 * A model whose weights lie in one file beside it.
 * @param {string} path
 */
export function writeOutside(path) {
  mkdirSync(dirname(path), { recursive: true });
  const weights = Array.from({ length: COUNT }, (_, i) => {
    const place = { location: "model.data", offset: String(i * EACH), length: String(EACH) };
    const entries = Object.entries(place).map(([key, value]) => [
      13,
      message([
        [1, key],
        [2, value],
      ]),
    ]);
    return [5, tensor(i, ...entries, [14, 1])];
  });
  const main = openSync(path, "w");
  writeSync(main, Buffer.concat([HEAD, message([[7, graph(...weights)]])]));
  closeSync(main);
  const data = openSync(join(dirname(path), "model.data"), "w");
  for (let i = 0; i < COUNT; i++) writeWeight(data, i);
  closeSync(data);
}
