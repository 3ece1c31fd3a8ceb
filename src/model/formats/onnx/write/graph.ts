import type { Attribute, Graph, Node, SparseTensor } from "../../../graph/graph.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";
import { encodeAnnotations, encodeDevices } from "./annotation.ts";
import { encodeEntries, encodeText, encodeUnknown } from "./entries.ts";
import type { Layout } from "./layout.ts";
import { encodeTensor } from "./tensor.ts";
import { encodeType } from "./type.ts";
import { encodeValueInfo, encodeValueInfos } from "./value.ts";

/** GraphProto. */
export function encodeGraph(encoder: Encoder<LazyTensor>, graph: Graph, layout: Layout): void {
  encodeUnknown(encoder, graph.unknown);
  for (const node of graph.nodes) {
    const lifted = layout.lifted.get(node);
    if (lifted && !lifted.isCopied) continue;
    encoder.open(1);
    if (lifted) encodeCopy(encoder, node, lifted.name);
    else encodeNode(encoder, node, layout);
    encoder.close();
  }
  encodeText(encoder, 2, graph.name);
  for (const value of graph.values.values()) {
    for (const each of value.shadowed ?? []) encodeConstant(encoder, each, layout, value.name);
    if (value.constant) encodeConstant(encoder, value.constant, layout, value.name);
  }
  if (layout.lifted.size > 0) {
    for (const node of graph.nodes) {
      const lifted = layout.lifted.get(node);
      if (lifted) encodeConstant(encoder, lifted.tensor, layout, lifted.name);
    }
  }
  encodeText(encoder, 10, graph.doc);
  for (const input of graph.inputs) encodeValueInfo(encoder, 11, input, "input");
  for (const output of graph.outputs) encodeValueInfo(encoder, 12, output, "output");
  encodeValueInfos(encoder, 13, graph);
  encodeAnnotations(encoder, 14, graph);
  for (const { sparse, name } of graph.values.values())
    if (sparse) encodeConstant(encoder, sparse, layout, name);
  encodeEntries(encoder, 16, graph.metadata);
}

/** An initializer, dense or sparse. */
function encodeConstant(
  encoder: Encoder<LazyTensor>,
  constant: LazyTensor | SparseTensor,
  layout: Layout,
  name: string,
): void {
  const isSparse = "indices" in constant;
  encoder.open(isSparse ? 15 : 5);
  if (isSparse) encodeSparse(encoder, constant, layout, name);
  else encodeTensor(encoder, constant, layout, name);
  encoder.close();
}

/** NodeProto. */
export function encodeNode(encoder: Encoder<LazyTensor>, node: Node, layout: Layout): void {
  encodeUnknown(encoder, node.unknown);
  for (const input of node.inputs) encoder.string(1, input?.name ?? "");
  for (const output of node.outputs) encoder.string(2, output?.name ?? "");
  encodeText(encoder, 3, node.name);
  encodeText(encoder, 4, node.op);
  for (const [name, attribute] of node.shadowed ?? []) encodeAttribute(encoder, 5, name, attribute, layout);
  for (const [name, attribute] of node.attributes) encodeAttribute(encoder, 5, name, attribute, layout);
  encodeText(encoder, 6, node.doc);
  encodeText(encoder, 7, node.domain);
  encodeText(encoder, 8, node.overload);
  encodeEntries(encoder, 9, node.metadata);
  encodeDevices(encoder, 10, node.devices);
}

/** An Identity in the place of a node whose tensor became an initializer. */
function encodeCopy(encoder: Encoder<LazyTensor>, node: Node, initializer: string): void {
  encoder.string(1, initializer);
  encoder.string(2, node.outputs[0]?.name ?? "");
  encodeText(encoder, 3, node.name);
  encodeText(encoder, 4, "Identity");
  encodeText(encoder, 6, node.doc);
  encodeEntries(encoder, 9, node.metadata);
}

/** SparseTensorProto. */
function encodeSparse(
  encoder: Encoder<LazyTensor>,
  sparse: SparseTensor,
  layout: Layout,
  name = sparse.values.name,
): void {
  encodeUnknown(encoder, sparse.unknown);
  encoder.open(1);
  encodeTensor(encoder, sparse.values, layout, name);
  encoder.close();
  encoder.open(2);
  encodeTensor(encoder, sparse.indices, layout);
  encoder.close();
  encoder.ints(3, sparse.shape.map(BigInt));
}

type Kind = Exclude<Attribute["kind"], "reference">;
type Row<K extends Kind> = {
  /** AttributeProto.AttributeType. */
  readonly type: number;
  encode(encoder: Encoder<LazyTensor>, value: Extract<Attribute, { kind: K }>["value"], layout: Layout): void;
};

const KINDS: { readonly [K in Kind]: Row<K> } = {
  float: { type: 1, encode: (encoder, value) => encoder.float(2, value) },
  int: { type: 2, encode: (encoder, value) => encoder.int(3, value) },
  string: { type: 3, encode: (encoder, value) => encoder.bytes(4, value) },
  tensor: { type: 4, encode: (encoder, value, layout) => inside(encoder, 5, value, layout, encodeTensor) },
  graph: { type: 5, encode: (encoder, value, layout) => inside(encoder, 6, value, layout, encodeGraph) },
  floats: { type: 6, encode: (encoder, value) => encoder.floats(7, value) },
  ints: { type: 7, encode: (encoder, value) => encoder.ints(8, value) },
  strings: {
    type: 8,
    encode(encoder, value) {
      for (const each of value) encoder.bytes(9, each);
    },
  },
  tensors: { type: 9, encode: (encoder, value, layout) => each(encoder, 10, value, layout, encodeTensor) },
  graphs: { type: 10, encode: (encoder, value, layout) => each(encoder, 11, value, layout, encodeGraph) },
  sparse: { type: 11, encode: (encoder, value, layout) => inside(encoder, 22, value, layout, encodeSparse) },
  sparses: { type: 12, encode: (encoder, value, layout) => each(encoder, 23, value, layout, encodeSparse) },
  type: { type: 13, encode: (encoder, value, layout) => inside(encoder, 14, value, layout, encodeType) },
  types: { type: 14, encode: (encoder, value, layout) => each(encoder, 15, value, layout, encodeType) },
};

/** AttributeProto. */
export function encodeAttribute(
  encoder: Encoder<LazyTensor>,
  field: number,
  name: string,
  attribute: Attribute,
  layout: Layout,
): void {
  encoder.open(field);
  encodeUnknown(encoder, attribute.unknown);
  encoder.string(1, name);
  const kind = attribute.kind === "reference" ? attribute.of : attribute.kind;
  const row = kind && (KINDS[kind] as Row<Kind>);
  if (attribute.kind !== "reference") row?.encode(encoder, attribute.value as never, layout);
  encodeText(encoder, 13, attribute.doc);
  if (row) encoder.uint(20, row.type);
  if (attribute.kind === "reference") encoder.string(21, attribute.value);
  encoder.close();
}

type Encode<V> = (encoder: Encoder<LazyTensor>, value: V, layout: Layout) => void;

function inside<V>(
  encoder: Encoder<LazyTensor>,
  field: number,
  value: V,
  layout: Layout,
  encode: Encode<V>,
): void {
  encoder.open(field);
  encode(encoder, value, layout);
  encoder.close();
}

function each<V>(
  encoder: Encoder<LazyTensor>,
  field: number,
  values: readonly V[],
  layout: Layout,
  encode: Encode<V>,
): void {
  for (const value of values) inside(encoder, field, value, layout, encode);
}
