// Copies of a model with one thing changed, and whether --verify finds it.

import { join } from "node:path";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import { setAttribute } from "../../src/model/graph/attributes.ts";
import { graphsOf } from "../../src/model/graph/index.ts";
import {
  type Contract,
  constantTensor,
  inferContract,
  type LazyTensor,
  type Model,
  type Node,
  openModel,
  writeModel,
} from "../../src/model/index.ts";
import { type VerifyReport, verifyModels } from "../../src/run/convert/index.ts";

export interface Opened {
  readonly path: string;
  readonly model: Model;
  readonly contract: Contract;
  close(): Promise<void>;
}

export async function openFile(path: string): Promise<Opened> {
  const source = await openModelSource(path);
  const model = await openModel(source);
  const contract = await inferContract(model, async () => null);
  return { path, model, contract, close: () => source.close() };
}

/** Makes a copy of a model, changes it, writes it to a folder, and verifies it against the original. */
export async function verifyChanged(
  path: string,
  folder: string,
  change: (model: Model) => void | Promise<void>,
): Promise<VerifyReport> {
  const original = await openFile(path);
  const copy = await openFile(path);
  const out = join(folder, "changed.onnx");
  try {
    await change(copy.model);
    await writeModel(copy.model, await openModelSink(out));
    const result = await openFile(out);
    try {
      return await verifyModels(original, result, { contract: original.contract });
    } finally {
      await result.close();
    }
  } finally {
    await original.close();
    await copy.close();
  }
}

/** A place in a model that can be spoiled: the node of the main graph in which it stands, and how. */
export interface Spot {
  readonly node: Node;
  readonly what: string;
  spoil(): Promise<void>;
}

/** Weights of float32, attributes that scale, and activations that have a twin. */
export function spots(model: Model): Spot[] {
  const found: Spot[] = [];
  const owner = new Map<unknown, Node>();
  for (const graph of graphsOf(model)) {
    if (graph.parent !== null && !owner.has(graph)) continue;
    for (const node of graph.nodes) {
      const top = graph === model.graph ? node : (owner.get(graph) as Node);
      for (const attribute of node.attributes.values()) {
        if (attribute.kind === "graph") owner.set(attribute.value, top);
      }
      for (const value of node.inputs) {
        const holder = value?.producer?.op === "Constant" ? value.producer : null;
        const held = holder?.attributes.get("value");
        const constant = value?.constant ?? (held?.kind === "tensor" ? held.value : null);
        if (value?.uses.length !== 1 || constant?.dtype !== "float32" || constant.byteLength <= 16) continue;
        found.push({
          node: top,
          what: `weight of ${node.op} ${node.name}`,
          spoil: async () => {
            const tensor = await spoilt(constant);
            if (holder) setAttribute(holder, "value", { kind: "tensor", value: tensor });
            else value.constant = tensor;
          },
        });
      }
      const twin = TWINS[node.op];
      if (twin && node.domain === "") {
        found.push({
          node: top,
          what: `${node.op} ${node.name} in place of ${twin}`,
          spoil: async () => {
            node.op = twin;
          },
        });
      }
    }
  }
  return found;
}

const TWINS: Readonly<Record<string, string>> = {
  Relu: "Sigmoid",
  Sigmoid: "Tanh",
  Tanh: "Sigmoid",
  Add: "Sub",
  Mul: "Add",
  Sub: "Add",
};

async function spoilt(constant: LazyTensor): Promise<LazyTensor> {
  const tensor = await constant.read();
  const data = Float32Array.from(tensor.data as Float32Array, (value) => value * 1.25 + 0.05);
  return constantTensor({ ...tensor, data }, "sabotage", constant.name);
}
