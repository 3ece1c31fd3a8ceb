// Which node is which: on real graphs whose changes are known, since the test made them.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { contentsOf } from "../../src/model/graph/align/contents.ts";
import { alignModels } from "../../src/model/graph/align/index.ts";
import { commonSubsequence } from "../../src/model/graph/align/sequence.ts";
import { GraphEdit, graphsOf, Names, setInput } from "../../src/model/graph/index.ts";
import { type Model, type Node, openModel } from "../../src/model/index.ts";
import { ROOT } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN, SILERO_V5 } from "../packages.ts";
import { seeded } from "../runtime/tensors.ts";
import { disguise } from "./disguise.ts";
import { build } from "./infer/build.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

async function open(path: string): Promise<Model> {
  const source = await openModelSource(path);
  try {
    return await openModel(source);
  } finally {
    await source.close();
  }
}

/** The nodes of all graphs that are no constants, in order. */
function nodesOf(model: Model): Node[] {
  return [...graphsOf(model)].flatMap(({ nodes }) => nodes.filter(({ op }) => op !== "Constant"));
}

const MODELS: readonly (readonly [string, (context: never) => Promise<string>])[] = [
  ["mnist", async () => MNIST],
  ["silero v5, with subgraphs", (context) => packageFile(context, ...SILERO_V5)],
  ["PP-OCR", (context) => packageFile(context, ...READ_LATIN)],
];

describe.each(MODELS)("%s", (_, path) => {
  test("other names and another order: every node finds itself", async (context) => {
    const file = await path(context as never);
    for (const seed of [1, 2, 3]) {
      const [a, b] = [await open(file), await open(file)];
      const twins = new Map(nodesOf(a).map((node, i) => [node, nodesOf(b)[i] as Node]));
      disguise(b, seed);
      const { nodes } = alignModels(a, b);
      expect(nodes.size).toBe(twins.size);
      // Nodes that compute the same from the same cannot be told apart, so which is which does not matter; but what a node
      // reads must be what its twin reads.
      for (const [node, other] of nodes) {
        expect(other.op).toBe(node.op);
        const producers = ({ inputs }: Node) => inputs.map((value) => value?.producer ?? null);
        const expected = producers(node).map((each) =>
          each?.op === "Constant" ? null : each && nodes.get(each),
        );
        expect(producers(other).map((each) => (each?.op === "Constant" ? null : each))).toEqual(expected);
      }
      let same = 0;
      for (const [node, twin] of twins) if (nodes.get(node) === twin) same++;
      expect(same / twins.size, `seed ${seed}`).toBeGreaterThan(0.9);
    }
  });

  test("nodes that were inserted are new, nodes that were taken out are gone, the rest finds itself", async (context) => {
    const file = await path(context as never);
    for (const seed of [4, 5, 6]) {
      const random = seeded(seed);
      const [a, b] = [await open(file), await open(file)];
      const twins = new Map(nodesOf(a).map((node, i) => [node, nodesOf(b)[i] as Node]));
      const names = new Names(b);
      const edit = new GraphEdit(b.graph);
      const inserted: Node[] = [];
      const gone = new Set<Node>();
      for (const node of b.graph.nodes) {
        const value = node.inputs[0];
        if (!value?.producer || node.op === "Constant") continue;
        const dice = random();
        if (dice < 0.05) {
          const output = {
            name: names.fresh("new"),
            graph: b.graph,
            type: null,
            producer: null,
            uses: [],
            constant: null,
          };
          b.graph.values.set(output.name, output);
          inserted.push(edit.insertBefore(node, { op: "Softsign", inputs: [value], outputs: [output] }));
          setInput(node, 0, output);
        } else if (dice > 0.95 && node.op === "Relu" && !b.graph.outputs.includes(node.outputs[0] as never)) {
          for (const use of [...(node.outputs[0]?.uses ?? [])]) setInput(use.node, use.index, value);
          edit.remove(node);
          gone.add(node);
        }
      }
      edit.commit();
      disguise(b, seed);
      const { nodes, nodesBack } = alignModels(a, b);
      for (const node of inserted) expect(nodesBack.has(node)).toBe(false);
      let right = 0;
      for (const [node, twin] of twins) {
        if (gone.has(twin) ? !nodes.has(node) : nodes.get(node) === twin) right++;
      }
      expect(right / twins.size, `seed ${seed}`).toBeGreaterThan(0.9);
    }
  });
});

test("of nodes that are alike, the weights tell which is which, also where names and places say otherwise", async () => {
  const [a, b] = [[1, 2] as const, [2, 1] as const].map((order) => {
    const { model, input, constant, node } = build();
    const x = input("x", "float32", [2]);
    for (const each of order) node("Add", [x, constant(`w${each}`, "float32", [2], [each, each])]);
    // Nothing below tells them apart.
    model.graph.outputs = [];
    return model;
  }) as [Model, Model];
  const contents = new Map([...(await contentsOf(a)), ...(await contentsOf(b))]);
  const { nodes } = alignModels(a, b, contents);
  expect(a.graph.nodes.map((node) => nodes.get(node))).toEqual([b.graph.nodes[1], b.graph.nodes[0]]);
  expect(a.graph.nodes[0]?.outputs[0]?.name).toBe(b.graph.nodes[0]?.outputs[0]?.name);
});

test("a node taken out of a chain of a hundred thousand is the one that is gone", () => {
  const chain = (skip: number): Model => {
    const graph: Model["graph"] = {
      name: "g",
      inputs: [],
      outputs: [],
      nodes: [],
      values: new Map(),
      parent: null,
    };
    const value = (name: string) => {
      const made = {
        name,
        graph,
        type: null,
        producer: null as Node | null,
        uses: [] as never[],
        constant: null,
      };
      graph.values.set(name, made);
      return made;
    };
    let last = value("x");
    graph.inputs = [last];
    for (let i = 0; i < 100_000; i++) {
      if (i === skip) continue;
      const out = value(`v${i}`);
      const attributes = new Map();
      const node: Node = {
        domain: "",
        op: i % 3 ? "Relu" : "Abs",
        overload: "",
        name: "",
        inputs: [last],
        outputs: [out],
        attributes,
        graph,
      };
      (last.uses as unknown[]).push({ node, index: 0 });
      out.producer = node;
      graph.nodes.push(node);
      last = out;
    }
    graph.outputs = [last];
    return { graph, functions: [] } as unknown as Model;
  };
  const [a, b] = [chain(-1), chain(50_001)];
  const { nodes } = alignModels(a, b);
  expect(nodes.size).toBe(99_999);
  expect(a.graph.nodes.filter((node) => !nodes.has(node)).map((node) => node.outputs[0]?.name)).toEqual([
    "v50001",
  ]);
});

test("a longest common subsequence is as long as the table says", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed);
    const list = () => Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 4));
    const [a, b] = [list(), list()];
    const found = commonSubsequence(a, b);
    let [i, k] = [-1, -1];
    for (const [x, y] of found) {
      expect(a[x]).toBe(b[y]);
      expect(x > i && y > k).toBe(true);
      [i, k] = [x, y];
    }
    const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
    for (let x = 1; x <= a.length; x++)
      for (let y = 1; y <= b.length; y++) {
        const row = table[x] as number[];
        const above = table[x - 1] as number[];
        row[y] =
          a[x - 1] === b[y - 1]
            ? (above[y - 1] as number) + 1
            : Math.max(above[y] as number, row[y - 1] as number);
      }
    expect(found.length, `seed ${seed}`).toBe(table[a.length]?.[b.length]);
  }
});
