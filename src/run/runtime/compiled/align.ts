import { type FileHandle, open, readFile, rename, writeFile } from "node:fs/promises";
import { fail } from "../../../base/errors/index.ts";
import { Encoder } from "../../../model/wire/encode.ts";
import { Cursor } from "../../../model/wire/protobuf.ts";
import { wholeBytes } from "../../../model/wire/sparse.ts";

/** A cache line, and the widest register: the runtime's kernels read weights that were laid out for them in such steps. */
const ALIGNMENT = 64;
const PIECE = 2 ** 20;

/*
 * Fields of onnx.proto: ModelProto.graph, GraphProto.initializer, TensorProto.external_data, StringStringEntryProto.
 */
const GRAPH = 7;
const INITIALIZER = 5;
const EXTERNAL_DATA = 13;
const KEY = 1;
const VALUE = 2;

/**
 * Lays the weights of an optimised graph out anew, each at a multiple of 64 bytes. The runtime (1.30) writes them one behind the
 * other, whatever their length, and then ends the process when it reads a repacked one that lies between two such places.
 * @param graph path of the graph; its tensors name the file of weights
 * @param weights path of that file
 * @throws COMPILE_FAILED where the graph is not as this runtime writes it
 */
export async function alignWeights(graph: string, weights: string): Promise<void> {
  const layout = new Layout();
  const bytes = moveTensors(await readFile(graph), graph, layout);
  const staged = `${weights}.aligned`;
  const from = await open(weights, "r");
  try {
    const to = await open(staged, "w");
    try {
      for (const [at, { length, start }] of layout.places) await copy(from, to, at, start, length);
      await to.truncate(layout.end);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  await rename(staged, weights);
  await writeFile(graph, bytes);
}

/** Where each stretch of the old file goes. */
class Layout {
  readonly places = new Map<number, { readonly length: number; readonly start: number }>();
  end = 0;

  place(at: number, length: number): number {
    const known = this.places.get(at);
    if (known?.length === length) return known.start;
    const start = Math.ceil(this.end / ALIGNMENT) * ALIGNMENT;
    this.places.set(at, { length, start });
    this.end = start + length;
    return start;
  }
}

/** The graph with every stretch of weights where the layout puts it; all else stays as it is, byte for byte. */
function moveTensors(bytes: Uint8Array, file: string, layout: Layout): Uint8Array {
  const encoder = new Encoder(bytes.byteLength + PIECE);
  const rewrite = (cursor: Cursor, fields: readonly number[]) => {
    const [field, ...inner] = fields;
    while (cursor.next()) {
      if (cursor.field !== field || cursor.wire !== 2) encoder.raw(cursor.take() as Uint8Array);
      else if (inner.length > 0) {
        const message = cursor.message();
        encoder.open(field);
        if (inner[0] === EXTERNAL_DATA) moveTensor(message, file, layout, encoder);
        else rewrite(message, inner);
        encoder.close();
      }
    }
  };
  rewrite(new Cursor(wholeBytes(bytes, file)), [GRAPH, INITIALIZER, EXTERNAL_DATA]);
  return encoder.bytesSoFar().slice();
}

function moveTensor(tensor: Cursor, file: string, layout: Layout, encoder: Encoder): void {
  const entries: [key: string, value: string][] = [];
  while (tensor.next()) {
    if (tensor.field === EXTERNAL_DATA) entries.push(readEntry(tensor.message()));
    else encoder.raw(tensor.take() as Uint8Array);
  }
  const values = new Map(entries);
  for (const [key, value] of entries) {
    encoder.open(EXTERNAL_DATA);
    encoder.string(KEY, key);
    encoder.string(VALUE, moved(key, value, values, file, layout));
    encoder.close();
  }
}

function readEntry(entry: Cursor): [string, string] {
  let [key, value] = ["", ""];
  while (entry.next()) {
    if (entry.field === KEY) key = entry.string();
    else if (entry.field === VALUE) value = entry.string();
    else entry.skip();
  }
  return [key, value];
}

function moved(
  key: string,
  value: string,
  values: ReadonlyMap<string, string>,
  file: string,
  layout: Layout,
): string {
  if (key === "offset")
    return String(layout.place(count(value, file), count(values.get("length") ?? "", file)));
  if (!key.startsWith("prepacked_")) return value;
  // "<key of the kernel's cache>|<offset>;<length>;<checksum>[;…]"
  const at = value.lastIndexOf("|");
  const numbers = value.slice(at + 1).split(";");
  const rest = numbers.at(-1) === "" ? numbers.slice(0, -1) : numbers;
  if (at < 0 || rest.length % 3 !== 0) throw strange(file, `${key}=${value}`);
  for (let i = 0; i < rest.length; i += 3) {
    const [offset, length] = [rest[i] as string, rest[i + 1] as string];
    numbers[i] = String(layout.place(count(offset, file), count(length, file)));
  }
  return `${value.slice(0, at + 1)}${numbers.join(";")}`;
}

function count(text: string, file: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw strange(file, text);
  return number;
}

function strange(file: string, text: string) {
  return fail("COMPILE_FAILED", { path: file, problem: `the runtime says "${text}" of where a weight lies` });
}

async function copy(
  from: FileHandle,
  to: FileHandle,
  at: number,
  start: number,
  length: number,
): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.min(length, PIECE));
  for (let done = 0; done < length; ) {
    const { bytesRead } = await from.read(piece, 0, Math.min(PIECE, length - done), at + done);
    if (bytesRead === 0)
      throw fail("COMPILE_FAILED", { path: "the weights", problem: `they end before byte ${at + length}` });
    await to.write(piece, 0, bytesRead, start + done);
    done += bytesRead;
  }
}
