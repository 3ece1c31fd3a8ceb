// Malformed models without end: a protobuf message is taken apart by what ONNX says its fields are, changed in a few places,
// and put together again, so that what is wrong lies deep inside of what is right. Bytes are changed, too.

/**
 * A field; `children` where it is an embedded message of a known kind.
 * @typedef {{ field: number, wire: number, kind: string, number: bigint, bytes: Uint8Array, children: Field[] | null }} Field
 * @typedef {() => number} Random from 0 to below 1
 */

/** Embedded messages by the kind of the message around them and the field's number (onnx.proto). @type {Record<string, Record<number, string>>} */
const KINDS = {
  model: { 7: "graph", 8: "opset", 14: "entry", 25: "function" },
  graph: { 1: "node", 5: "tensor", 11: "info", 12: "info", 13: "info", 15: "sparse", 16: "entry" },
  node: { 5: "attribute", 9: "entry" },
  attribute: {
    5: "tensor",
    6: "graph",
    10: "tensor",
    11: "graph",
    14: "type",
    15: "type",
    22: "sparse",
    23: "sparse",
  },
  tensor: { 3: "segment", 13: "entry" },
  sparse: { 1: "tensor", 2: "tensor" },
  info: { 2: "type", 4: "entry" },
  type: { 1: "tensorType", 4: "element", 5: "map", 8: "tensorType", 9: "element" },
  element: { 1: "type" },
  map: { 2: "type" },
  tensorType: { 2: "shape" },
  shape: { 1: "dim" },
  function: { 7: "node", 9: "opset", 11: "attribute", 12: "info", 14: "entry" },
};

const INTERESTING = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  13n,
  16n,
  17n,
  21n,
  22n,
  127n,
  128n,
  255n,
  256n,
  65_536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n - 2n,
];

const WORDS = [
  "",
  "x",
  "y",
  "__proto__",
  "constructor",
  "\u0000",
  "\u001b[2J",
  "é",
  "🦊",
  "ai.onnx",
  "com.microsoft",
  "ai.onnx.ml",
  "Add",
  "If",
  "Loop",
  "Scan",
  "Constant",
  "Cast",
  "Reshape",
  "Shape",
  "Concat",
  "Slice",
  "Gather",
  "Expand",
  "Conv",
  "Identity",
  "Transpose",
  "Split",
  "SequenceMap",
  "axis",
  "axes",
  "perm",
  "value",
  "body",
  "then_branch",
  "to",
];

/** @param {Random} next @param {number} below */
const whole = (next, below) => Math.floor(next() * below);

/** @template T @param {Random} next @param {readonly T[]} items @returns {T} */
const one = (next, items) => /** @type {T} */ (items[whole(next, items.length)]);

const DEEPEST = 100;

/** @param {Uint8Array} bytes @param {string} kind @param {number} depth @returns {Field[] | null} null where it is no message */
function parse(bytes, kind, depth = 0) {
  /** @type {Field[]} */
  const fields = [];
  // What nests deeper is a bomb, and changed as bytes.
  if (depth > DEEPEST) return null;
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte % 128) << shift;
      if (byte < 128) return value;
    }
    return null;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === null) return null;
    const field = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    let number = 0n;
    let length = wire === 1 ? 8 : wire === 5 ? 4 : 0;
    if (wire === 0 || wire === 2) {
      const value = varint();
      if (value === null) return null;
      if (wire === 0) number = value;
      else length = Number(value);
    } else if (length === 0) return null;
    if (length > bytes.length - at) return null;
    const inside = bytes.subarray(at, at + length);
    at += length;
    const inner = KINDS[kind]?.[field] ?? "";
    const children = wire === 2 && inner !== "" ? parse(inside, inner, depth + 1) : null;
    fields.push({ field, wire, kind: inner, number, bytes: inside, children });
  }
  return fields;
}

/** @param {bigint} value @returns {number[]} */
function varintBytes(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

/** @param {readonly Field[]} fields @returns {Buffer} */
function encode(fields) {
  return Buffer.concat(
    fields.flatMap(({ field, wire, number, bytes, children }) => {
      const tag = Uint8Array.from(varintBytes(BigInt(field) * 8n + BigInt(wire)));
      if (wire === 0) return [tag, Uint8Array.from(varintBytes(number))];
      const inside = children ? encode(children) : bytes;
      return wire === 2 ? [tag, Uint8Array.from(varintBytes(BigInt(inside.length))), inside] : [tag, inside];
    }),
  );
}

/** @param {Field} field @returns {Field} */
const copy = (field) => ({ ...field, children: field.children?.map(copy) ?? null });

/** Every list of fields within a message. @param {Field[]} fields @returns {Field[][]} */
function listsOf(fields) {
  const lists = [fields];
  for (const { children } of fields) if (children) lists.push(...listsOf(children));
  return lists;
}

/** Longest input that a change makes: doubling a part of a part soon takes all the time there is. */
const LONGEST = 60_000;

/**
 * One more malformed model.
 * @param {readonly Uint8Array[]} corpus models to begin with
 * @param {Random} next
 * @returns {Uint8Array}
 */
export function mutate(corpus, next) {
  const bytes = one(next, corpus);
  const fields = next() < 0.9 ? parse(bytes, "model") : null;
  let made = bytes;
  if (fields) {
    const donor = parse(one(next, corpus), "model") ?? fields;
    for (let change = 0; change <= next() * 5; change++) changeFields(fields, donor, next);
    made = encode(fields);
    if (made.length > LONGEST) made = bytes;
  }
  return fields && next() < 0.8 ? made : changeBytes(made, next);
}

/** @param {Field[]} fields @param {Field[]} donor @param {Random} next */
function changeFields(fields, donor, next) {
  const lists = listsOf(fields).filter((list) => list.length > 0);
  if (lists.length === 0) return;
  const list = one(next, lists);
  const at = whole(next, list.length);
  const field = /** @type {Field} */ (list[at]);
  one(next, CHANGES)({ fields, donor, list, at, field, next });
}

/**
 * @typedef {{ fields: Field[], donor: Field[], list: Field[], at: number, field: Field, next: Random }} Change
 * @type {readonly ((change: Change) => void)[]}
 */
const CHANGES = [
  // A field is gone, twice there, or somewhere else.
  ({ list, at }) => void list.splice(at, 1),
  ({ list, at, field }) => void list.splice(at, 0, copy(field)),
  ({ list, at, next }) => {
    const [moved] = list.splice(at, 1);
    if (moved) list.splice(whole(next, list.length + 1), 0, moved);
  },
  // Another of its kind in its place: a node of another model, a type, a tensor.
  ({ donor, list, at, field, next }) => {
    const others = listsOf(donor)
      .flat()
      .filter(({ kind, wire }) => kind === field.kind && wire === field.wire);
    if (others.length > 0) list[at] = { ...copy(one(next, others)), field: field.field };
  },
  ({ fields, list, field, next }) => {
    const others = listsOf(fields)
      .flat()
      .filter(({ kind, wire }) => kind === field.kind && wire === field.wire);
    list.push({ ...copy(one(next, others)), field: field.field });
  },
  change(({ field, next }) => {
    if (field.wire === 0) field.number = next() < 0.8 ? one(next, INTERESTING) : BigInt(whole(next, 40));
  }),
  // A name, an operator, a domain.
  change(({ fields, field, next }) => {
    if (field.wire !== 2 || field.children) return;
    const texts = listsOf(fields)
      .flat()
      .filter(({ wire, children, bytes }) => wire === 2 && !children && bytes.length < 40);
    field.bytes = next() < 0.7 ? one(next, texts).bytes : new TextEncoder().encode(one(next, WORDS));
  }),
  change(({ field, next }) => {
    if (field.wire !== 2 || field.children) return;
    const length = Math.max(0, field.bytes.length + whole(next, 9) - 4);
    const bytes = new Uint8Array(length);
    bytes.set(field.bytes.subarray(0, length));
    field.bytes = bytes;
  }),
  ({ field, next }) => {
    field.field = 1 + whole(next, 26);
  },
  ({ field, next }) => {
    field.wire = one(next, [0, 1, 2, 5]);
    field.bytes = new Uint8Array(field.wire === 1 ? 8 : field.wire === 5 ? 4 : whole(next, 4));
    field.children = null;
  },
  ({ list, next }) =>
    void list.push({
      field: 1 + whole(next, 26),
      wire: 0,
      kind: "",
      number: one(next, INTERESTING),
      bytes: new Uint8Array(0),
      children: null,
    }),
  // A graph within a node of itself.
  ({ fields, next }) => {
    const all = listsOf(fields).flat();
    const graphs = all.filter(({ kind, children }) => kind === "graph" && children);
    const attributes = all.filter(({ kind, children }) => kind === "attribute" && children);
    if (graphs.length === 0 || attributes.length === 0) return;
    one(next, attributes).children?.push({ ...copy(one(next, graphs)), field: 6 });
  },
];

/** Changes of values are the ones that go deep: they come thrice as often. @param {(change: Change) => void} of */
function change(of) {
  return (/** @type {Change} */ given) => {
    of(given);
    for (let again = 0; again < 2; again++) {
      const list = one(given.next, listsOf(given.fields));
      if (list.length === 0) continue;
      const at = whole(given.next, list.length);
      of({ ...given, list, at, field: /** @type {Field} */ (list[at]) });
    }
  };
}

/** @param {Uint8Array} bytes @param {Random} next */
export function changeBytes(bytes, next) {
  const made = Buffer.from(bytes);
  for (let change = 0; change <= next() * 6 && made.length > 0; change++)
    made[whole(next, made.length)] = next() < 0.5 ? whole(next, 256) : one(next, [0, 1, 127, 128, 255]);
  const kind = next();
  const cut = whole(next, made.length + 1);
  if (kind < 0.15) return made.subarray(0, cut);
  if (kind < 0.25)
    return Buffer.concat([made.subarray(0, cut), made.subarray(Math.min(made.length, cut + whole(next, 8)))]);
  if (kind < 0.35)
    return Buffer.concat([
      made.subarray(0, cut),
      Buffer.alloc(whole(next, 8), whole(next, 256)),
      made.subarray(cut),
    ]);
  return made;
}
