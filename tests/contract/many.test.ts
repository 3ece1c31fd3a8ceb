// A file may have as many inputs and outputs as it likes: none of this may take time in their square, which these
// numbers would turn into many minutes.
import { expect, test } from "vitest";
import {
  type Contract,
  describe,
  explain,
  inferContract,
  withModelFile,
} from "../../src/model/contract/index.ts";
import type { Signature } from "../../src/model/tensor/index.ts";

const COUNT = 50_000;
const indices = Array.from({ length: COUNT }, (_, i) => i);

test("a model of very many inputs and outputs, with and without states", async () => {
  for (const [before, after] of [
    ["past_", "present_"],
    ["in", "out"],
  ] as const) {
    const value = (name: string) => ({
      name,
      type: { kind: "tensor", dtype: "float32", shape: [1, 2] },
      producer: null,
      uses: [],
      constant: null,
    });
    const graph = {
      inputs: indices.map((i) => value(`${before}${i}`)),
      outputs: indices.map((i) => value(`${after}${i}`)),
    };
    const signature = { inputs: graph.inputs, outputs: graph.outputs } as unknown as Signature;
    const inferred = await inferContract({ graph, metadata: new Map() } as never, async () => null);
    const contract = withModelFile(inferred, {}, signature);
    expect(contract).toEqual(inferred);
    const states = before === "past_" ? COUNT : 0;
    expect(Object.keys(contract.states)).toHaveLength(states);
    expect(explain(contract)).toHaveLength(states);
    expect(describe({ inputs: [], outputs: [] }, contract).sentence.length).toBeLessThan(200);
  }
});

test("names that do not begin alike are told for the first, the rest is counted", () => {
  const outputs = Object.fromEntries(
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map((name) => [
      name,
      { kind: "tensor" as const, tensor: name },
    ]),
  );
  const contract: Contract = { task: null, inputs: {}, outputs, states: {}, constants: {}, evidence: [] };
  const specs = Object.keys(outputs).map((name) => ({ name, dtype: "int8" as const, shape: [] }));
  expect(describe({ inputs: [], outputs: specs }, contract).sentence).toBe(
    "nothing; returns a (one int8), b (one int8), c (one int8), d (one int8), e (one int8), f (one int8), g (one int8), h (one int8) and 2 more",
  );
});

test("of a million inputs nobody asks what each means, and that is noted", async () => {
  const inputs = Array.from({ length: 1_000_000 }, (_, i) => ({
    name: `x${i}`,
    dtype: "float32",
    shape: null,
  }));
  const outputs = [{ name: "y", dtype: "float32", shape: null }];
  const notes: string[] = [];
  const contract = await inferContract({ graph: { inputs, outputs }, notes } as never, async () => null);
  expect(contract).toMatchObject({ inputs: {}, outputs: {}, evidence: [] });
  expect(notes).toEqual(["what its 1000001 inputs and outputs mean was not looked for"]);
  const { sentence } = describe({ inputs, outputs } as unknown as Signature, contract);
  expect(sentence).toBe("1000000 tensors; returns 1 tensor");
});
