// A model of a gigabyte whose answers can be compared: products with weights of either sign, so large that numbers keep their size.
import { closeSync, openSync, writeSync } from "node:fs";
import { message, varint } from "../inspect/models.js";

const info = (name, side) => {
  const shape = message([
    [1, message([[2, "rows"]])],
    [1, message([[1, side]])],
  ]);
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, 1],
            [2, shape],
          ]),
        ],
      ]),
    ],
  ]);
};

/** Uniform around 0 with a variance of 1 / side: what is multiplied keeps its length (xorshift, the same each time). */
function fillWeight(words, side, seed) {
  const most = Math.sqrt(3 / side);
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = (state / 2 ** 31) * most;
  }
}

/**
 * x · w0 · w1 · … = y, the weights inside.
 * @param {string} path
 * @param {{ count?: number, side?: number, seed?: number }} of which and how many weights; by default 1.07 GB together
 */
export function writeProducts(path, { count = 16, side = 4096, seed = 0 } = {}) {
  const each = side * side * 4;
  const nodes = Array.from({ length: count }, (_, i) => [
    1,
    message([
      [1, i === 0 ? "x" : `v${i - 1}`],
      [1, `w${i}`],
      [2, i === count - 1 ? "y" : `v${i}`],
      [3, `product${i}`],
      [4, "MatMul"],
    ]),
  ]);
  const structure = message([...nodes, [2, "big"], [11, info("x", side)], [12, info("y", side)]]);
  const start = Uint8Array.from([...varint(9 * 8 + 2), ...varint(each)]);
  const heads = Array.from({ length: count }, (_, i) => {
    const head = message([
      [1, side],
      [1, side],
      [2, 1],
      [8, `w${i}`],
    ]);
    return Buffer.concat([
      Uint8Array.from([...varint(5 * 8 + 2), ...varint(head.length + start.length + each)]),
      head,
      start,
    ]);
  });
  const size = structure.length + heads.reduce((sum, head) => sum + head.length + each, 0);
  const file = openSync(path, "w");
  const model = message([
    [1, 8],
    [8, message([[2, 17]])],
  ]);
  writeSync(
    file,
    Buffer.concat([model, Uint8Array.from([...varint(7 * 8 + 2), ...varint(size)]), structure]),
  );
  const words = new Float32Array(side * side);
  for (const [i, head] of heads.entries()) {
    writeSync(file, head);
    fillWeight(words, side, 1 + i + seed * count);
    const bytes = new Uint8Array(words.buffer);
    for (let at = 0; at < each; ) at += writeSync(file, bytes, at, Math.min(each - at, 8 * 1024 * 1024));
  }
  closeSync(file);
}
