// What ONNX Runtime knows of every value, by the file in which it keeps a graph for itself (.ort, flatbuffers;
// onnxruntime/core/flatbuffers/schema/ort.fbs): types after its own shape inference, subgraphs included.
import { DTYPES, type DType } from "../../../src/model/tensor/index.ts";

export interface RuntimeType {
  readonly kind: "tensor" | "sequence" | "map" | "other";
  /** Of a sequence: its elements'. */
  readonly dtype: DType | null;
  /** null: not even the rank. */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface RuntimeGraph {
  readonly types: Map<string, RuntimeType>;
  /** Nodes by each value that they compute. */
  readonly byOutput: Map<string, RuntimeNode>;
}

export interface RuntimeNode {
  readonly op: string;
  readonly outputs: readonly string[];
  readonly subgraphs: Map<string, RuntimeGraph>;
}

const BY_NUMBER: ReadonlyMap<number, DType> = new Map(
  Object.entries(DTYPES).map(([name, { onnx }]) => [onnx, name as DType]),
);

/** A flatbuffers table: fields by their number in the schema. */
class Table {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  #field(number: number): number | null {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const slot = 4 + 2 * number;
    if (slot >= this.#view.getUint16(vtable, true)) return null;
    const offset = this.#view.getUint16(vtable + slot, true);
    return offset === 0 ? null : this.#at + offset;
  }

  #target(number: number): number | null {
    const at = this.#field(number);
    return at === null ? null : at + this.#view.getUint32(at, true);
  }

  #text(at: number): string {
    const length = this.#view.getUint32(at, true);
    return new TextDecoder().decode(
      new Uint8Array(this.#view.buffer, this.#view.byteOffset + at + 4, length),
    );
  }

  byte(number: number): number {
    const at = this.#field(number);
    return at === null ? 0 : this.#view.getUint8(at);
  }

  int32(number: number): number {
    const at = this.#field(number);
    return at === null ? 0 : this.#view.getInt32(at, true);
  }

  int64(number: number): number {
    const at = this.#field(number);
    return at === null ? 0 : Number(this.#view.getBigInt64(at, true));
  }

  text(number: number): string {
    const at = this.#target(number);
    return at === null ? "" : this.#text(at);
  }

  table(number: number): Table | null {
    const at = this.#target(number);
    return at === null ? null : new Table(this.#view, at);
  }

  #each<T>(number: number, read: (at: number) => T): T[] {
    const at = this.#target(number);
    if (at === null) return [];
    return Array.from({ length: this.#view.getUint32(at, true) }, (_, i) => {
      const slot = at + 4 + 4 * i;
      return read(slot + this.#view.getUint32(slot, true));
    });
  }

  tables(number: number): Table[] {
    return this.#each(number, (at) => new Table(this.#view, at));
  }

  texts(number: number): string[] {
    return this.#each(number, (at) => this.#text(at));
  }
}

// Field numbers are positions in ort.fbs.
export function readOrtFile(bytes: Uint8Array): RuntimeGraph {
  const graph = Table.root(bytes).table(1)?.table(7);
  if (!graph) throw new Error("an .ort file without a graph");
  return readGraph(graph);
}

function readGraph(graph: Table): RuntimeGraph {
  const types = new Map<string, RuntimeType>();
  for (const info of graph.tables(1)) {
    const type = info.table(2);
    if (type) types.set(info.text(0), readType(type));
  }
  const byOutput = new Map<string, RuntimeNode>();
  for (const table of graph.tables(2)) {
    const node = readNode(table);
    for (const name of node.outputs) byOutput.set(name, node);
  }
  return { types, byOutput };
}

function readNode(node: Table): RuntimeNode {
  const subgraphs = new Map<string, RuntimeGraph>();
  for (const attribute of node.tables(10)) {
    const graph = attribute.table(7);
    if (graph) subgraphs.set(attribute.text(0), readGraph(graph));
  }
  return { op: node.text(5), outputs: node.texts(9), subgraphs };
}

function readType(type: Table): RuntimeType {
  const kind = type.byte(1);
  const value = type.table(2);
  if (kind === 2 && value) {
    const element = value.table(0);
    const inner = element ? readType(element) : null;
    return { kind: "sequence", dtype: inner?.dtype ?? null, shape: inner?.shape ?? null };
  }
  if (kind !== 1 || !value) return { kind: kind === 3 ? "map" : "other", dtype: null, shape: null };
  const shape = value.table(1);
  return {
    kind: "tensor",
    dtype: BY_NUMBER.get(value.int32(0)) ?? null,
    shape: shape?.tables(0).map(readDim) ?? null,
  };
}

function readDim(dim: Table): number | string | null {
  const value = dim.table(0);
  if (value?.byte(0) === 1) return value.int64(1);
  return (value?.byte(0) === 2 && value.text(2)) || null;
}
