// Models of gigabytes whose weights are holes in the file: they take no room on the disk, and reading them would show.
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** Bytes of weights: more than 32 bits can count, and nearly as many as one protobuf file may have. */
export const SIZES = { external: 4_100_000_000, inline: 1_900_000_000 };

/**
 * A protobuf message: numbers as varints, text and bytes with their length.
 * @param {readonly (readonly [field: number, value: number | bigint | string | Uint8Array])[]} fields
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function message(fields) {
  const parts = [];
  for (const [field, value] of fields) {
    if (typeof value === "number" || typeof value === "bigint") {
      parts.push(varint(field * 8), varint(BigInt.asUintN(64, BigInt(value))));
    } else {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      parts.push(varint(field * 8 + 2), varint(bytes.length), bytes);
    }
  }
  return join(parts);
}

/**
 * @param {number | bigint} value
 * @returns {number[]}
 */
export function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

/** @param {readonly ArrayLike<number>[]} parts */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function valueInfo(name) {
  const tensor = message([[1, 1]]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

/** x + w0 + w1 + … = y */
function sums(count) {
  return Array.from({ length: count }, (_, i) => [
    1,
    message([
      [1, i === 0 ? "x" : `v${i - 1}`],
      [1, `w${i}`],
      [2, i === count - 1 ? "y" : `v${i}`],
      [3, `node ${i}`],
      [4, "Add"],
    ]),
  ]);
}

const EDGES = [
  [2, "big"],
  [11, valueInfo("x")],
  [12, valueInfo("y")],
];
const HEAD = message([
  [1, 8],
  [8, message([[2, 17]])],
]);

/**
 * A model of `tensors` weights whose bytes, `total` together, lie in model.onnx.data beside it.
 * @param {string} path
 * @param {number} total
 * @param {number} tensors
 */
export function writeExternalModel(path, total, tensors) {
  const each = Math.floor(total / tensors / 4);
  const weights = Array.from({ length: tensors }, (_, i) => {
    const entries = { location: "model.onnx.data", offset: String(i * each * 4), length: String(each * 4) };
    const external = Object.entries(entries).map(([key, value]) => [
      13,
      message([
        [1, key],
        [2, value],
      ]),
    ]);
    return [5, message([[1, each], [2, 1], [8, `w${i}`], ...external, [14, 1]])];
  });
  writeHoles(path, [HEAD, message([[7, message([...EDGES, ...sums(tensors), ...weights])]])]);
  writeHoles(`${path}.data`, [total]);
}

/**
 * One file in which every weight lies as raw bytes between the others' descriptions.
 * @param {string} path
 * @param {number} total
 * @param {number} tensors
 */
export function writeInlineModel(path, total, tensors) {
  const each = Math.floor(total / tensors / 4) * 4;
  const parts = [message([...EDGES, ...sums(tensors)])];
  for (let i = 0; i < tensors; i++) {
    const head = message([
      [1, each / 4],
      [2, 1],
      [8, `w${i}`],
    ]);
    const raw = join([varint(9 * 8 + 2), varint(each)]);
    parts.push(join([varint(5 * 8 + 2), varint(head.length + raw.length + each), head, raw]), each);
  }
  const size = parts.reduce((sum, part) => sum + (typeof part === "number" ? part : part.length), 0);
  writeHoles(path, [HEAD, join([varint(7 * 8 + 2), varint(size)]), ...parts]);
}

/** The operators of whoever measures. */
const OWN_OPERATORS = message([
  [
    8,
    message([
      [1, "bench"],
      [2, 1],
    ]),
  ],
]);

/**
 * A model whose graph has these nodes, one after another.
 * @param {Iterable<Uint8Array<ArrayBuffer>>} nodes
 */
function modelOf(nodes) {
  const parts = [];
  for (const node of nodes) parts.push(varint(10), varint(node.length), node);
  return join([HEAD, OWN_OPERATORS, message([[7, join([...parts, message(EDGES)])]])]);
}

/** What the node of a chain reads and computes. */
const read = (i) => (i === 0 ? "x" : `v${i - 1}`);
const computed = (i, count) => (i === count - 1 ? "y" : `v${i}`);

/**
 * A chain of `count` nodes without weights.
 * @param {number} count
 */
export function chainModel(count) {
  return modelOf(
    Array.from({ length: count }, (_, i) =>
      message([
        [1, read(i)],
        [2, computed(i, count)],
        [4, "Relu"],
      ]),
    ),
  );
}

/**
 * x + c0 + c1 + … = y, in `count` nodes: every other one is a Constant of three floats.
 * @param {number} count
 */
export function constantsModel(count) {
  const sums = count / 2;
  const tensor = message([
    [1, 3],
    [2, 1],
    [9, new Uint8Array(12)],
  ]);
  const value = message([
    [1, "value"],
    [20, 4],
    [5, tensor],
  ]);
  return modelOf(
    Array.from({ length: sums }, (_, i) => [
      message([
        [2, `c${i}`],
        [3, `constant ${i}`],
        [4, "Constant"],
        [5, value],
      ]),
      message([
        [1, read(i)],
        [1, `c${i}`],
        [2, computed(i, sums)],
        [3, `sum ${i}`],
        [4, "Add"],
      ]),
    ]).flat(),
  );
}

/**
 * A chain of `count` nodes of ten attributes each, of an operator that nobody knows.
 * @param {number} count
 */
export function attributesModel(count) {
  const attributes = Array.from({ length: 10 }, (_, i) => [
    5,
    message([
      [1, `attribute ${i}`],
      [20, 2],
      [3, i * 100],
    ]),
  ]);
  return modelOf(
    Array.from({ length: count }, (_, i) =>
      message([[1, read(i)], [2, computed(i, count)], [4, "Tenfold"], ...attributes, [7, "bench"]]),
    ),
  );
}

/**
 * `count` nodes that all read the input, and one that adds what they give: the slowest to load of all known graphs
 * without weights (src/run/runtime/size.ts).
 * @param {number} count
 */
export function starModel(count) {
  const names = Array.from({ length: count }, (_, i) => `v${i}`);
  const nodes = names.map((name) => [
    1,
    message([
      [1, "x"],
      [2, name],
      [4, "Sigmoid"],
    ]),
  ]);
  const sum = message([...names.map((name) => [1, name]), [2, "y"], [4, "Sum"]]);
  return join([HEAD, message([[7, message([...nodes, [1, sum], ...EDGES])]])]);
}

/** Writes bytes one after another; a number is a hole of so many. */
function writeHoles(path, parts) {
  const file = openSync(path, "w");
  let at = 0;
  for (const part of parts) {
    if (typeof part !== "number") writeSync(file, part, 0, part.length, at);
    at += typeof part === "number" ? part : part.length;
  }
  ftruncateSync(file, at);
  closeSync(file);
}
