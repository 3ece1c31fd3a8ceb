import type { Attribute, Model, Node } from "../../../graph/graph.ts";
import { graphsOf } from "../../../graph/walk.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import { isConstant, type Lifted, liftConstants } from "./lift.ts";

/** Where the bytes of a model's tensors go. */
export interface Layout {
  /** Name of the file beside the model. */
  readonly location: string;
  /** Offsets in that file of the tensors that lie there, in its order. */
  readonly places: ReadonlyMap<LazyTensor, number>;
  /** Constant nodes that become initializers, so that their tensors may lie there. */
  readonly lifted: ReadonlyMap<Node, Lifted>;
  /** Elements of the tensors of strings, which stand between the fields of the message. */
  readonly strings: ReadonlyMap<LazyTensor, readonly string[]>;
}

/**
 * Offsets are multiples of a memory page (onnx.proto, external_data), and those of large tensors of 64 kB, the granularity
 * of mappings on Windows, as in onnx-ir and ONNX Runtime.
 */
const PAGE = 4096;
const GRANULARITY = 64 * 1024;
const LARGE = 1024 * 1024;

/** @param from bytes from which a tensor lies outside; null: all inside */
export async function layOut(
  model: Model,
  location: string,
  from: number | null,
  signal?: AbortSignal,
): Promise<Layout> {
  const lifted = from === null ? new Map<Node, Lifted>() : liftConstants(model, from);
  const places = new Map<LazyTensor, number>();
  const strings = new Map<LazyTensor, readonly string[]>();
  let end = 0;
  for (const { tensor, isWeight } of tensorsOf(model, lifted)) {
    if (tensor.dtype === "string") {
      if (!strings.has(tensor)) strings.set(tensor, (await tensor.read(signal)).data as string[]);
    } else if (isWeight && from !== null && tensor.byteLength >= from && !places.has(tensor)) {
      const boundary = tensor.byteLength >= LARGE ? GRANULARITY : PAGE;
      const offset = Math.ceil(end / boundary) * boundary;
      places.set(tensor, offset);
      end = offset + tensor.byteLength;
    }
  }
  return { location, places, lifted, strings };
}

interface Found {
  readonly tensor: LazyTensor;
  /** Whether it may lie outside: operators other than Constant read the tensors of their attributes themselves. */
  readonly isWeight: boolean;
}

/** Every tensor that is written, once for each place where it stands. */
function* tensorsOf(model: Model, lifted: ReadonlyMap<Node, Lifted>): Generator<Found> {
  for (const graph of graphsOf(model)) {
    for (const { constant, sparse, shadowed } of graph.values.values()) {
      for (const each of [constant, sparse, ...(shadowed ?? [])]) {
        if (each) yield* "indices" in each ? [weight(each.values), weight(each.indices)] : [weight(each)];
      }
    }
    for (const node of graph.nodes) {
      const initializer = lifted.get(node);
      if (initializer) yield weight(initializer.tensor);
      else if (node.attributes.size > 0 || node.shadowed) {
        const isWeight = isConstant(node);
        for (const attribute of node.attributes.values()) yield* within(attribute, isWeight);
        for (const [, attribute] of node.shadowed ?? []) yield* within(attribute, isWeight);
      }
    }
  }
  for (const { defaults } of model.functions)
    for (const attribute of defaults?.values() ?? []) yield* within(attribute, false);
}

function weight(tensor: LazyTensor): Found {
  return { tensor, isWeight: true };
}

function* within(attribute: Attribute, isWeight: boolean): Generator<Found> {
  if (attribute.kind === "tensor") yield { tensor: attribute.value, isWeight };
  else if (attribute.kind === "tensors") for (const tensor of attribute.value) yield { tensor, isWeight };
  else if (attribute.kind === "sparse" || attribute.kind === "sparses") {
    const all = attribute.kind === "sparse" ? [attribute.value] : attribute.value;
    for (const { values, indices } of all) for (const tensor of [values, indices]) yield { tensor, isWeight };
  }
}
