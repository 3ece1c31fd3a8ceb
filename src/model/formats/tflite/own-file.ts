import type { ByteSource } from "../../../base/sources/source.ts";
import type { Graph, OwnFile } from "../../graph/graph.ts";
import { FlatBytes, FlatTable } from "../../wire/index.ts";
import type { Subgraph, TfliteTensor } from "./file/model.ts";

/** Slots of schema.fbs. */
const MODEL_SUBGRAPHS = 2;
const MODEL_SIGNATURES = 7;
const SUBGRAPH_OUTPUTS = 2;
const TENSOR_SHAPE = 0;
const TENSOR_OPEN_SHAPE = 7;

/**
 * A copy of the file that says otherwise what comes out. Vectors that change are written behind all else, and the offsets that
 * led to the old ones lead to them; nothing is moved. Signatures are left out: they name some of the outputs, in an order of their own.
 * @param graph of the same subgraph, operator by operator
 * @throws FILE_*, ABORTED
 */
export async function ownFile(
  subgraph: Subgraph,
  graph: Graph,
  source: ByteSource,
  { outputs = [], shapes = new Map() }: OwnFile,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const whole = await source.read(0, source.size, signal);
  const bytes = FlatBytes.of(whole, source.name);
  const root = FlatTable.root(bytes);
  const main = root.tables(MODEL_SUBGRAPHS).at(0);
  const edits: Edit[] = [
    { at: root.offsetAt(MODEL_SIGNATURES), vector: [] },
    { at: main.offsetAt(SUBGRAPH_OUTPUTS), vector: outputsOf(subgraph, graph, outputs) },
  ];
  for (const [values, tensors] of [
    [graph.inputs, subgraph.inputs],
    [graph.outputs, subgraph.outputs],
  ] as const) {
    for (const [i, { index, byte }] of tensors.entries()) {
      const shape = shapes.get(values[i]?.name ?? "");
      if (!shape || subgraph.tensors[index]?.content) continue;
      const table = new FlatTable(bytes, byte);
      edits.push({ at: table.offsetAt(TENSOR_SHAPE), vector: shape });
      edits.push({ at: table.offsetAt(TENSOR_OPEN_SHAPE), vector: shape });
    }
  }
  return edited(
    whole,
    edits.filter(({ at }) => at >= 0),
  );
}

/** A vector of 32-bit numbers, and where the offset lies that leads to it. */
interface Edit {
  readonly at: number;
  readonly vector: readonly number[];
}

function edited(whole: Uint8Array, edits: readonly Edit[]): Uint8Array {
  // Numbers stand at multiples of their size.
  let end = Math.ceil(whole.byteLength / 4) * 4;
  const copy = new Uint8Array(edits.reduce((sum, { vector }) => sum + 4 + 4 * vector.length, end));
  copy.set(whole);
  const view = new DataView(copy.buffer);
  for (const { at, vector } of edits) {
    view.setUint32(at, end - at, true);
    for (const word of [vector.length, ...vector]) {
      view.setInt32(end, word, true);
      end += 4;
    }
  }
  return copy;
}

/** The outputs of the subgraph, then those of its operators that are asked for. */
function outputsOf(subgraph: Subgraph, graph: Graph, more: readonly string[]): number[] {
  const own = subgraph.outputs.map(({ index }) => index);
  if (more.length === 0) return own;
  const asked = new Set(more);
  const found = new Map<string, TfliteTensor>();
  for (const [i, { outputs }] of graph.nodes.entries()) {
    for (const [k, value] of outputs.entries()) {
      const tensor = subgraph.operators[i]?.outputs[k];
      if (value && tensor && asked.has(value.name)) found.set(value.name, tensor);
    }
  }
  return [...own, ...more.map((name) => found.get(name)?.index ?? -1).filter((index) => index >= 0)];
}
