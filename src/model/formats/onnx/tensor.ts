import { fail } from "../../../base/errors/index.ts";
import { bufferSource } from "../../../base/sources/buffer.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import { appended } from "../../graph/append.ts";
import { nameText } from "../../graph/label.ts";
import { byteLengthOf, countOf, elementCount } from "../../tensor/elements.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import { Cursor, type Payload } from "../../wire/protobuf.ts";
import { wholeBytes } from "../../wire/sparse.ts";
import { type Content, type Described, type Range, storedTensor } from "../../wire/stored.ts";
import { Defects } from "./defects.ts";
import { dtypeOf, readEntry, readLengths, readPair, Unknown, unknownOf } from "./proto.ts";
import { textTensor, unpackTyped } from "./storage.ts";
import { entriesOf, isVarint, LOOSE_WIRES, typedFieldOf } from "./typed.ts";

/** What the readers of a model's parts share. */
export interface Context {
  readonly main: ByteSource;
  /** Tensors whose bytes lie in other files, to be checked before the model is handed out. */
  readonly external: ExternalTensor[];
  readonly notes: Set<string>;
  readonly defects: Defects;
  /** Of the tensor that was read last. */
  shape?: readonly number[];
}

/** onnx.proto, "external data": where a tensor's bytes lie. */
export interface ExternalTensor {
  readonly name: string;
  readonly location: string;
  readonly offset: number;
  readonly length: number;
  /** Set when the file was found; reading without it fails. */
  source: ByteSource | null;
}

/** What a TensorProto says of itself. */
interface Head {
  dims: number[];
  type: number;
  name: string;
  doc?: string;
  metadata?: Map<string, string>;
  isExternal: boolean;
  isSegment: boolean;
  /** Key and value pairs that say where the bytes lie, and a key that stands there twice. */
  place?: Map<string, string>;
  placeTwice?: string;
  raw: Payload | null;
  /** Contents of the typed fields. */
  typed?: Typed[];
}

interface Typed {
  readonly field: number;
  packed: Range[];
  /** Whether elements stand alone too, each with a tag of its own, as proto2 once wrote them. */
  isLoose: boolean;
}

/**
 * TensorProto as a tensor whose bytes stay where they are. There may be a million of them: no function is made here, since it
 * would keep all that the others use.
 * @throws MODEL_TENSOR_*, MODEL_EXTERNAL_*, MODEL_SHAPE_INVALID
 */
export function readTensor(cursor: Cursor, context: Context): LazyTensor {
  const { file, position } = cursor;
  const message: Range = { offset: position, length: cursor.length };
  const unknown = new Unknown();
  const head = readHead(cursor, unknown);
  const { name, doc, metadata, raw } = head;
  const at: Place = { file, offset: position, name };
  if (head.isSegment) throw fail("MODEL_TENSOR_SEGMENT", { what: whatOf(at) }, { where: whereOf(at) });
  const dtype = dtypeOf(head.type);
  if (dtype === undefined)
    throw fail("MODEL_TENSOR_TYPE_UNKNOWN", { what: whatOf(at), type: head.type }, { where: whereOf(at) });
  const shape = shapeFrom(head.dims, context);
  const count = countOf(shape) ?? elementCount(shape, whatOf(at), whereOf(at));
  const byteLength = byteLengthOf(dtype, count);
  const field = typedFieldOf(dtype);
  const typed = head.typed?.find((each) => each.field === field);
  const used = head.isExternal ? 0 : raw ? RAW : field;
  const fields = (head.typed?.length ?? 0) + (raw ? 1 : 0);
  if (fields > (used === RAW || (used === field && typed) ? 1 : 0)) {
    keepUnused(cursor, used, unknown);
    noteData(head, used, context);
  }
  const described: Omit<Described, "origin"> = { name, dtype, shape, byteLength };
  if (doc !== undefined || metadata || !unknown.isEmpty)
    Object.assign(described, doc !== undefined && { doc }, metadata && { metadata }, unknownOf(unknown));
  const isText = dtype === "string";
  if (head.isExternal) {
    if (isText) throw fail("MODEL_TENSOR_TEXT_OUTSIDE", { what: whatOf(at) }, { where: whereOf(at) });
    const outside = externalOf(head.place, name, byteLength, whereOf(at));
    noteEntries(head, context);
    context.external.push(outside);
    if (outside.length !== byteLength) throw misfit(at, described, outside.length);
    const { location, offset, length } = outside;
    const origin = { file: location, offset, length };
    return storedTensor({ ...described, origin }, openedLater(outside, at), origin);
  }
  if (raw) {
    if (isText) throw fail("MODEL_TENSOR_TEXT_RAW", { what: whatOf(at) }, { where: whereOf(at) });
    const { offset, length } = raw;
    if (length !== byteLength) throw misfit(at, described, length);
    const origin = { file, offset, length };
    return storedTensor({ ...described, origin }, context.main, origin);
  }
  const origin = { file, ...message };
  const packed = typed?.packed ?? [];
  if (isText) {
    if (packed.length !== count) throw misfit(at, described, packed.length, count);
    return textTensor({ ...described, origin }, context.main);
  }
  const length = packed.reduce((sum, each) => sum + each.length, 0);
  const least = typed?.isLoose || isVarint(field) ? entriesOf(dtype, count) : byteLength;
  // A number takes a byte at least, and floats take what they take: checked before anybody makes room for them.
  if (typed?.isLoose ? message.length < least : isVarint(field) ? length < least : length !== least)
    throw misfit(at, described, typed?.isLoose ? message.length : length);
  const [run = packed] = packed;
  const content = typed?.isLoose ? looseContent(message, field, file) : packed.length > 1 ? packed : run;
  return storedTensor({ ...described, origin }, context.main, content, isVarint(field) ? unpackTyped : null);
}

/** That of the tensor before where it is the same, as it mostly is. Else as long as it is: `push` makes room for sixteen more. */
function shapeFrom(dims: readonly number[], context: Context): readonly number[] {
  const { shape } = context;
  if (!shape || shape.length !== dims.length || !shape.every((dim, i) => dim === dims[i]))
    context.shape = dims.slice();
  return context.shape as readonly number[];
}

/** Where a message stands, for errors. */
interface Place {
  readonly file: string;
  readonly offset: number;
  readonly name: string;
}

function whatOf({ name }: Place): string {
  return `tensor ${name || "without a name"}`;
}

function whereOf(at: Place): string {
  return `${at.file}, byte ${at.offset}, ${whatOf(at)}`;
}

function misfit(
  at: Place,
  { shape, dtype, byteLength }: Omit<Described, "origin">,
  bytes: number,
  expected = byteLength,
) {
  return fail(
    "MODEL_TENSOR_SIZE",
    { what: whatOf(at), bytes, expected, shape: shape.join("×"), dtype },
    { where: whereOf(at) },
  );
}

function openedLater(outside: ExternalTensor, at: Place): () => ByteSource {
  return () => opened(outside, whereOf(at));
}

const RAW = 9;
function readHead(cursor: Cursor, unknown: Unknown): Head {
  const head: Head = {
    dims: [],
    type: 0,
    name: "",
    isExternal: false,
    isSegment: false,
    raw: null,
  };
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1) readLengths(cursor, head.dims);
    else if (field === 2 && wire === 0) head.type = cursor.int32();
    else if (field === 3) {
      head.isSegment = true;
      cursor.skip();
    } else if (field === 8 && wire === 2) head.name = cursor.string();
    else if (field === RAW && wire === 2) head.raw = cursor.payload();
    else if (field === 12 && wire === 2) head.doc = cursor.string();
    else if (field === 13 && wire === 2) {
      const { key, value } = readPair(cursor.message());
      head.place ??= new Map();
      if (head.place.has(key)) head.placeTwice ??= key;
      head.place.set(key, value);
    } else if (field === 14 && wire === 0) head.isExternal = cursor.int32() === 1;
    else if (field === 16 && wire === 2) {
      head.metadata ??= new Map();
      readEntry(cursor, head.metadata, unknown);
    } else if (wire === 2 && LOOSE_WIRES[field] !== undefined) {
      const { offset, length } = cursor.payload();
      const typed = typedOf(head, field);
      typed.packed = appended(typed.packed, { offset, length });
    } else if (LOOSE_WIRES[field] === wire) {
      typedOf(head, field).isLoose = true;
      cursor.skip();
    } else unknown.keep(cursor);
  }
  return head;
}

function typedOf(head: Head, field: number): Typed {
  head.typed ??= [];
  let found = head.typed.find((each) => each.field === field);
  if (!found) {
    found = { field, packed: [], isLoose: false };
    head.typed.push(found);
  }
  return found;
}

/** Data fields beside the one that counts, where they are small enough to have been read. */
function keepUnused(cursor: Cursor, used: number, unknown: Unknown): void {
  cursor.rewind();
  while (cursor.next()) {
    const { field } = cursor;
    if (field !== used && (field === RAW || LOOSE_WIRES[field] !== undefined)) unknown.keep(cursor);
    else cursor.skip();
  }
}

/** What holds elements beside what is read (onnx.proto: one of the fields, or a file). */
function noteData({ name, isExternal, raw, typed }: Head, used: number, { defects }: Context): void {
  const holds = ({ field, isLoose, packed }: Typed) =>
    field !== used && (isLoose || packed.some(({ length }) => length > 0));
  const other = typed?.find(holds)?.field ?? (raw && raw.length > 0 && used !== RAW ? RAW : null);
  if (other === null) return;
  const read = isExternal ? "a file beside the model" : FIELD_NAMES[used];
  const text = `The constant ${nameText(name)} has elements in ${read}, which are read, and in ${FIELD_NAMES[other]} too.`;
  defects.add({ kind: "constant-data-twice", graph: null, value: name, text });
}

const FIELD_NAMES: Readonly<Record<number, string>> = {
  4: "float_data",
  5: "int32_data",
  6: "string_data",
  7: "int64_data",
  9: "raw_data",
  10: "double_data",
  11: "uint64_data",
};

/** Keys of external_data (onnx, ExternalData.md), and those of ONNX Runtime, which refuses all others. */
const KNOWN_ENTRY = /^(location|offset|length|checksum|prepacked.*)$/;

function noteEntries({ name, place, placeTwice }: Head, { defects }: Context): void {
  const unknown = [...(place?.keys() ?? [])].find((key) => !KNOWN_ENTRY.test(key));
  if (placeTwice === undefined && unknown === undefined) return;
  const what =
    placeTwice !== undefined
      ? `${nameText(placeTwice)} twice`
      : `${nameText(unknown ?? "")}, which nobody knows`;
  const text = `What says where the bytes of ${nameText(name)} lie has ${what}.`;
  defects.add({ kind: "external-entry", graph: null, value: name, text });
}

/** The elements of a typed field where some of them stand alone: the whole message is read, and the tags are taken out. */
function looseContent({ offset, length }: Range, field: number, file: string): Content {
  return async function* (main, { signal }) {
    const bytes = await main.read(offset, length, signal);
    const cursor = new Cursor(wholeBytes(bytes, file));
    while (cursor.next()) {
      const isElement = cursor.field === field && (cursor.wire === 2 || cursor.wire === LOOSE_WIRES[field]);
      if (isElement && cursor.wire === 2) yield cursor.bytes();
      else {
        const start = cursor.position;
        cursor.skip();
        if (isElement) yield bytes.subarray(start, cursor.position);
      }
    }
  };
}

function opened(tensor: ExternalTensor, where: string): ByteSource {
  if (tensor.source) return tensor.source;
  throw fail("MODEL_EXTERNAL_MISSING", { tensor: tensor.name, location: tensor.location }, { where });
}

function externalOf(
  entries: ReadonlyMap<string, string> = new Map(),
  name: string,
  byteLength: number,
  where: string,
): ExternalTensor {
  const location = entries.get("location") ?? "";
  if (location === "") throw fail("MODEL_EXTERNAL_UNNAMED", { tensor: name }, { where });
  const number = (key: string, fallback: number) => {
    const text = entries.get(key);
    if (text === undefined) return fallback;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value))
      throw fail("MODEL_EXTERNAL_NUMBER", { tensor: name, key, text }, { where });
    return value;
  };
  return { name, location, offset: number("offset", 0), length: number("length", byteLength), source: null };
}

/** A file that holds one TensorProto, such as the ONNX project's test data. */
export async function readTensorProto(bytes: Uint8Array, name = "tensor"): Promise<Tensor> {
  const sparse = wholeBytes(bytes, name);
  const context: Context = {
    main: bufferSource(bytes, name),
    external: [],
    notes: new Set(),
    defects: new Defects(),
  };
  return readTensor(new Cursor(sparse), context).read();
}
