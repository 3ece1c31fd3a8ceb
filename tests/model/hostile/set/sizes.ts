// Files that are small and ask for much: memory for results, time for what is quadratic, stack for what recurs.
import {
  attribute,
  between,
  FLOAT,
  floats,
  graph,
  INT64,
  info,
  integers,
  model,
  node,
  packed,
  tensor,
  tensorType,
} from "../proto.ts";
import type { Hostile } from "../set.ts";

/** A chain of so many nodes. */
function chain(length: number): Uint8Array {
  const nodes: Uint8Array[] = [];
  for (let i = 0; i < length; i++)
    nodes.push(node("Relu", [i === 0 ? "x" : `v${i - 1}`], [i === length - 1 ? "y" : `v${i}`]));
  return between(nodes);
}

/** The same, last node first. */
function reversed(length: number): Uint8Array {
  const nodes: Uint8Array[] = [];
  for (let i = length - 1; i >= 0; i--)
    nodes.push(node("Relu", [i === 0 ? "x" : `v${i - 1}`], [i === length - 1 ? "y" : `v${i}`]));
  return between(nodes);
}

/** x doubled in length again and again by Concat, 2^times of it in the end. */
function doubled(times: number): Uint8Array {
  const nodes = Array.from({ length: times }, (_, i) =>
    node(
      "Concat",
      i === 0 ? ["w", "w"] : [`v${i - 1}`, `v${i - 1}`],
      [i === times - 1 ? "y" : `v${i}`],
      [5, attribute("axis", { int: 0 })],
    ),
  );
  return between(nodes, {
    inputs: [],
    constants: [floats("w", 2)],
    outputs: [info("y", tensorType(FLOAT, ["n"]))],
  });
}

/** Numbers that grow by doubling: a polynomial of very many terms for whoever writes it out. */
function sums(times: number): Uint8Array {
  const nodes = [node("Shape", ["x"], ["s0"])];
  for (let i = 0; i < times; i++) nodes.push(node(i % 2 ? "Mul" : "Add", [`s${i}`, `s${i}`], [`s${i + 1}`]));
  nodes.push(node("Expand", ["x", `s${times}`], ["y"]));
  return between(nodes, {
    inputs: [info("x", tensorType(FLOAT, ["n", "m"]))],
    outputs: [info("y", tensorType(FLOAT, ["a", "b"]))],
  });
}

const wide = 20_000;

export const SIZES: readonly Hostile[] = [
  { name: "30,000 nodes in a row", bytes: chain(30_000) },
  { name: "30,000 nodes in a row, last first", bytes: reversed(30_000), finds: ["order"] },
  { name: "one node with 20,000 inputs", bytes: between([node("Sum", new Array(wide).fill("x"), ["y"])]) },
  {
    name: "20,000 unknown inputs of one node",
    bytes: between([
      node(
        "Sum",
        Array.from({ length: wide }, (_, i) => `n${i}`),
        ["y"],
      ),
    ]),
    finds: ["value-missing"],
  },
  {
    name: "20,000 outputs of one node",
    bytes: between([
      node(
        "Split",
        ["x"],
        Array.from({ length: wide }, (_, i) => (i === 0 ? "y" : `o${i}`)),
      ),
    ]),
  },
  {
    name: "20,000 attributes of one node",
    bytes: between([
      node(
        "Relu",
        ["x"],
        ["y"],
        ...Array.from({ length: wide }, (_, i) => [5, attribute(`a${i}`, { int: i })] as const),
      ),
    ]),
    finds: ["attribute-unknown"],
  },
  {
    name: "20,000 outputs of the graph, each computed by one node",
    bytes: between(
      Array.from({ length: wide }, (_, i) => node("Relu", ["x"], [`y${i}`])),
      { outputs: Array.from({ length: wide }, (_, i) => info(`y${i}`)) },
    ),
  },
  {
    name: "20,000 constants that nothing reads",
    bytes: between([node("Relu", ["x"], ["y"])], {
      constants: Array.from({ length: wide }, (_, i) => floats(`w${i}`, 1)),
    }),
    finds: ["node-unused"],
  },
  {
    name: "a name of 2 MB",
    bytes: between([node("Add", ["x", "n".repeat(2_000_000)], ["y"])]),
    finds: ["value-missing"],
  },
  {
    name: "a text of 2 MB in an attribute",
    bytes: between([
      node("LSTM", ["x", "x", "x"], ["y"], [5, attribute("direction", { string: "d".repeat(2_000_000) })]),
    ]),
    finds: ["attribute-value"],
  },
  {
    name: "a shape of 100,000 lengths",
    bytes: between([node("Relu", ["x"], ["y"])], {
      inputs: [info("x", tensorType(FLOAT, new Array(100_000).fill(1)))],
    }),
    finds: ["shape-huge"],
  },
  {
    name: "a constant of 100,000 dimensions",
    bytes: between([node("Identity", ["w"], ["y"])], {
      inputs: [],
      constants: [tensor("w", FLOAT, new Array(100_000).fill(1), [9, new Uint8Array(4)])],
    }),
    finds: ["shape-huge"],
  },
  {
    name: "a shape of 2^45 zeros",
    bytes: between([node("ConstantOfShape", ["s"], ["y"])], {
      inputs: [],
      constants: [integers("s", [1], [2n ** 45n])],
    }),
  },
  {
    name: "a shape of negative zeros",
    bytes: between([node("ConstantOfShape", ["s"], ["y"])], {
      inputs: [],
      constants: [integers("s", [2], [-5n, -(2n ** 63n)])],
    }),
  },
  {
    name: "a value expanded 2^45 times",
    bytes: between([node("Expand", ["w", "s"], ["y"])], {
      inputs: [],
      constants: [floats("w", 1), integers("s", [1], [2n ** 45n])],
    }),
  },
  {
    name: "a value tiled 2^45 times",
    bytes: between([node("Tile", ["w", "s"], ["y"])], {
      inputs: [],
      constants: [floats("w", 1), integers("s", [1], [2n ** 45n])],
    }),
  },
  {
    name: "a range of 2^50 numbers",
    bytes: between(
      [node("Range", ["a", "b", "c"], ["r"]), node("Cast", ["r"], ["y"], [5, attribute("to", { int: 1 })])],
      {
        inputs: [],
        constants: [integers("a", [], [0]), integers("b", [], [2n ** 50n]), integers("c", [], [1])],
      },
    ),
  },
  {
    name: "a range by steps of 0",
    bytes: between(
      [node("Range", ["a", "b", "a"], ["r"]), node("Cast", ["r"], ["y"], [5, attribute("to", { int: 1 })])],
      { inputs: [], constants: [integers("a", [], [0]), integers("b", [], [5])] },
    ),
    finds: ["types"],
  },
  {
    name: "a picture enlarged 10^9 times",
    bytes: between([node("Resize", ["x", "", "", "s"], ["y"])], {
      inputs: [info("x", tensorType(FLOAT, [1, 1, 2, 2]))],
      constants: [integers("s", [4], [1, 1, 2n ** 40n, 2n ** 40n])],
    }),
  },
  {
    name: "a value padded by 2^45",
    bytes: between([node("Pad", ["w", "p"], ["y"])], {
      inputs: [],
      constants: [floats("w", 1), integers("p", [2], [0, 2n ** 45n])],
    }),
  },
  {
    name: "a value padded by less than nothing",
    bytes: between([node("Pad", ["w", "p"], ["y"])], {
      inputs: [],
      constants: [floats("w", 1), integers("p", [2], [-7n, -(2n ** 62n)])],
    }),
    finds: ["types"],
  },
  {
    name: "one-hot over 2^45 classes",
    bytes: between([node("OneHot", ["i", "d", "v"], ["y"])], {
      inputs: [],
      constants: [integers("i", [1], [0]), integers("d", [], [2n ** 45n]), floats("v", 2)],
    }),
  },
  {
    name: "an identity matrix of 2^40",
    bytes: between([node("EyeLike", ["w"], ["y"])], {
      inputs: [info("w", tensorType(FLOAT, [2n ** 26n, 2n ** 26n]))],
    }),
  },
  { name: "a value doubled sixty times", bytes: doubled(60) },
  { name: "lengths doubled two hundred times", bytes: sums(200) },
  {
    name: "a loop of 2^62 rounds",
    bytes: model(
      graph(
        [
          node(
            "Loop",
            ["n", "", "w"],
            ["y"],
            [
              5,
              attribute("body", {
                graph: graph([node("Identity", ["k"], ["k2"]), node("Relu", ["a"], ["t"])], {
                  inputs: [info("i", tensorType(INT64, [])), info("k", tensorType(9, [])), info("a")],
                  outputs: [info("k2", tensorType(9, [])), info("t")],
                }),
              }),
            ],
          ),
        ],
        { constants: [integers("n", [], [2n ** 62n]), floats("w", 2)], outputs: [info("y")] },
      ),
    ),
  },
  {
    name: "1,000,000 integers in an attribute",
    bytes: between([
      node(
        "Transpose",
        ["x"],
        ["y"],
        [5, attribute("perm", { ints: [] }, [8, packed(new Array(1_000_000).fill(3))])],
      ),
    ]),
  },
];
