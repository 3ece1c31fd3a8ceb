// Valid models of which one length, index or number is changed afterwards: most are then refused, here and by the runtime.
import { type Attribute, graphsOf, type Model, type Node } from "../../src/model/index.ts";
import { constantTensor, elementCount, type Tensor } from "../../src/model/tensor/index.ts";
import { openBytes } from "./files.ts";
import { Draw } from "./random/draw.ts";
import { type RandomModel, randomModel } from "./random-graphs.ts";

export interface Damaged {
  readonly model: Model;
  readonly feeds: RandomModel["feeds"];
  readonly what: string;
}

type Change = () => Promise<string | null> | string | null;

/** A model that is drawn, with one change; null where there is nothing to change. */
export async function damagedModel(seed: number): Promise<Damaged | null> {
  const made = randomModel(seed);
  const model = await openBytes(made.bytes);
  const draw = new Draw(seed ^ 0x5eed);
  const feeds = { ...made.feeds };
  const changes: Change[] = [];
  for (const value of model.graph.inputs) {
    const { type } = value;
    const feed = feeds[value.name];
    if (type?.kind !== "tensor" || !type.shape || !feed || type.shape.length === 0 || value.constant)
      continue;
    const { shape } = type;
    changes.push(() => {
      const axis = draw.int(0, shape.length - 1);
      const dim = shape[axis];
      if (typeof dim !== "number") return null;
      const length = changed(draw, dim, 1);
      const lengths = shape.map((each, i) => (i === axis ? length : each));
      value.type = { ...type, shape: lengths };
      const dims = feed.shape.map((each, i) => (i === axis ? length : each));
      const count = dims.reduce((product, each) => product * each, 1);
      const data = Array.from({ length: count }, (_, i) => feed.data[i % feed.data.length] ?? 0);
      feeds[value.name] = { ...feed, shape: dims, data } as typeof feed;
      return `input ${value.name} [${shape}] is [${lengths}]`;
    });
  }
  const reads = new Map<unknown, Node>();
  for (const graph of graphsOf(model))
    for (const node of graph.nodes) for (const value of node.inputs) if (value) reads.set(value, node);
  for (const graph of graphsOf(model)) {
    for (const value of graph.values.values()) {
      const { constant } = value;
      if (!constant || constant.dtype === "string") continue;
      changes.push(async () => {
        const tensor = await constant.read();
        const other = changedTensor(draw, tensor);
        if (!other) return null;
        value.constant = constantTensor(other, "the test", constant.name);
        return `constant ${value.name} of ${reads.get(value)?.op} [${tensor.shape}] is [${other.shape}] ${text(other)}`;
      });
    }
    for (const node of graph.nodes) {
      for (const [name, attribute] of node.attributes) {
        changes.push(async () => {
          const other = await changedAttribute(draw, attribute);
          if (!other) return null;
          (node.attributes as Map<string, Attribute>).set(name, other);
          return `attribute ${name} of ${node.op}`;
        });
      }
    }
  }
  for (let tries = 0; tries < 20 && changes.length > 0; tries++) {
    const what = await draw.one(changes)();
    if (what !== null) return { model, feeds, what };
  }
  return null;
}

const text = ({ data }: Tensor) => (data.length <= 8 ? Array.from(data as ArrayLike<number>).join() : "");

function changed(draw: Draw, number: number, least: number): number {
  const other = draw.one([number + 1, number - 1, number * 2, number + 7]);
  return other < least || other === number ? number + 1 : other;
}

/** One length more or less, or, of whole numbers, one element changed. */
function changedTensor(draw: Draw, tensor: Tensor): Tensor | null {
  const { dtype, shape, data } = tensor;
  const from = data as Float32Array;
  if ((dtype === "int64" || dtype === "int32") && from.length > 0 && draw.chance(0.7)) {
    const copy = from.slice();
    const i = draw.int(0, copy.length - 1);
    const by = draw.one([1, -1, 3, -4, 9]);
    (copy as unknown as (number | bigint)[])[i] =
      dtype === "int64" ? (copy[i] as unknown as bigint) + BigInt(by) : (copy[i] as number) + by;
    return { dtype, shape, data: copy } as Tensor;
  }
  if (shape.length === 0 || from.length === 0) return null;
  const axis = draw.int(0, shape.length - 1);
  const dims = shape.map((each, i) => (i === axis ? changed(draw, each, 1) : each));
  const count = elementCount(dims, "a constant");
  if (count > 1_000_000 || (from.length * 1) % elementCount(shape, "a constant") !== 0) return null;
  const Array_ = from.constructor as new (length: number) => typeof from;
  const other = new Array_(count);
  for (let i = 0; i < count; i++) other[i] = from[i % from.length] as number;
  return { dtype, shape: dims, data: other } as Tensor;
}

async function changedAttribute(draw: Draw, attribute: Attribute): Promise<Attribute | null> {
  const by = BigInt(draw.one([1, -1, 2, -3, 5]));
  if (attribute.kind === "int") return { ...attribute, value: attribute.value + by };
  if (attribute.kind === "ints" && attribute.value.length > 0) {
    const at = draw.int(0, attribute.value.length - 1);
    const value = attribute.value.map((each, i) => (i === at ? each + by : each));
    if (draw.chance(0.15)) value.pop();
    return { ...attribute, value };
  }
  if (attribute.kind === "tensor" && attribute.value.dtype !== "string") {
    const other = changedTensor(draw, await attribute.value.read());
    return other && { ...attribute, value: constantTensor(other, "the test", "") };
  }
  return null;
}
