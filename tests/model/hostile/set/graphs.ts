// Graphs: circles, order, names, values that come from nowhere, subgraphs.
import {
  attribute,
  BOOL,
  between,
  defined,
  FLOAT,
  floats,
  type GraphParts,
  graph,
  imports,
  info,
  integers,
  model,
  node,
  opset,
  tensor,
  tensorType,
  zeros,
} from "../proto.ts";
import type { Hostile } from "../set.ts";

const relu = (from: string, to: string) => node("Relu", [from], [to]);

/** y = If(c) of these branches. */
const choose = (branch: Uint8Array, more: readonly Uint8Array[] = []) =>
  between(
    [
      ...more,
      node(
        "If",
        ["c"],
        ["y"],
        [5, attribute("then_branch", { graph: branch })],
        [
          5,
          attribute("else_branch", {
            graph: graph([node("Identity", ["x"], ["e"])], { outputs: [info("e")] }),
          }),
        ],
      ),
    ],
    { inputs: [info("x"), info("c", tensorType(BOOL, []))] },
  );
const branch = (nodes: readonly Uint8Array[], parts: GraphParts = {}) =>
  graph(nodes, { outputs: [info("t")], ...parts });

export const GRAPHS: readonly Hostile[] = [
  {
    name: "a node that reads what it computes",
    bytes: between([node("Add", ["x", "y"], ["y"])]),
    finds: ["order"],
  },
  {
    name: "a circle of three",
    bytes: between([node("Add", ["x", "c"], ["a"]), relu("a", "b"), relu("b", "c"), relu("c", "y")]),
    finds: ["order"],
  },
  { name: "a circle through a subgraph", bytes: choose(branch([relu("y", "t")])), finds: ["order"] },
  { name: "nodes out of order", bytes: between([relu("a", "y"), relu("x", "a")]), finds: ["order"] },
  {
    name: "a subgraph that reads what comes later",
    bytes: between(
      [
        node(
          "If",
          ["c"],
          ["i"],
          [5, attribute("then_branch", { graph: branch([relu("late", "t")]) })],
          [5, attribute("else_branch", { graph: branch([relu("x", "t")]) })],
        ),
        relu("x", "late"),
        node("Add", ["i", "late"], ["y"]),
      ],
      { inputs: [info("x"), info("c", tensorType(BOOL, []))] },
    ),
    finds: ["order"],
  },
  {
    name: "two nodes of one output",
    bytes: between([relu("x", "y"), node("Sigmoid", ["x"], ["y"])]),
    finds: ["name-twice"],
  },
  {
    name: "one node with an output twice",
    bytes: between([node("Split", ["x"], ["y", "y"], [5, attribute("axis", { int: 0 })])]),
    finds: ["name-twice"],
  },
  {
    name: "a node that computes an input",
    bytes: between([relu("x", "x"), relu("x", "y")]),
    finds: ["name-twice"],
  },
  {
    name: "a node that computes a constant",
    bytes: between([relu("x", "w"), relu("w", "y")], { constants: [floats("w", 2)] }),
    finds: ["name-twice"],
  },
  {
    name: "an input twice",
    bytes: between([relu("x", "y")], { inputs: [info("x"), info("x")] }),
    finds: ["name-twice"],
  },
  {
    name: "an output twice",
    bytes: between([relu("x", "y")], { outputs: [info("y"), info("y")] }),
    finds: ["name-twice"],
  },
  {
    name: "a value from nowhere",
    bytes: between([node("Add", ["x", "nothing"], ["y"])]),
    finds: ["value-missing"],
  },
  {
    name: "a value that is only described",
    bytes: between([node("Add", ["x", "nothing"], ["y"])], { infos: [info("nothing")] }),
    finds: ["value-missing"],
  },
  {
    name: "a value from nowhere in a subgraph",
    bytes: choose(branch([relu("nothing", "t")])),
    finds: ["value-missing"],
  },
  {
    name: "an output that nobody computes",
    bytes: between([relu("x", "a")]),
    finds: ["output-missing", "node-unused"],
  },
  { name: "no outputs", bytes: between([relu("x", "a")], { outputs: [] }), finds: ["graph-empty"] },
  {
    name: "a subgraph without outputs",
    bytes: choose(graph([relu("x", "t")])),
    finds: ["graph-empty", "branch-outputs"],
  },
  {
    name: "a branch that takes an input",
    bytes: choose(branch([relu("q", "t")], { inputs: [info("q")] })),
    finds: ["branch-inputs"],
  },
  {
    name: "a branch that gives less than its node has",
    bytes: between(
      [
        node(
          "If",
          ["c"],
          ["y", "z"],
          [5, attribute("then_branch", { graph: branch([relu("x", "t")]) })],
          [5, attribute("else_branch", { graph: branch([relu("x", "t")]) })],
        ),
      ],
      { constants: [tensor("c", BOOL, [], zeros(1))], outputs: [info("y"), info("z")] },
    ),
    finds: ["branch-outputs"],
  },
  {
    name: "a subgraph that gives back an outer value",
    bytes: choose(graph([], { outputs: [info("x")] })),
    finds: ["output-missing"],
  },
  {
    name: "a subgraph that gives back nothing that there is",
    bytes: choose(branch([])),
    finds: ["output-missing"],
  },
  {
    name: "a subgraph that computes an outer name",
    bytes: choose(branch([relu("x", "x2"), relu("x2", "t")]), [relu("x", "x2")]),
    finds: ["name-shadows"],
  },
  {
    name: "a subgraph whose constant has an outer name",
    bytes: choose(branch([relu("x", "t")], { constants: [floats("x", 2)] })),
    finds: ["name-shadows"],
  },
  {
    name: "a subgraph whose input has an outer name",
    bytes: model(
      graph(
        [
          node(
            "Loop",
            ["n", "c", "x"],
            ["y"],
            [
              5,
              attribute("body", {
                graph: graph([node("Identity", ["k"], ["k2"]), relu("x", "t")], {
                  inputs: [info("i", tensorType(7, [])), info("k", tensorType(BOOL, [])), info("x")],
                  outputs: [info("k2", tensorType(BOOL, [])), info("t")],
                }),
              }),
            ],
          ),
        ],
        {
          inputs: [info("x"), info("c", tensorType(BOOL, []))],
          constants: [integers("n", [], [3])],
          outputs: [info("y")],
        },
      ),
    ),
    finds: ["name-shadows"],
  },
  {
    name: "an input without a name",
    bytes: between([relu("x", "y")], { inputs: [info("x"), info("")] }),
    finds: ["name-empty"],
  },
  {
    name: "an output without a name",
    bytes: between([relu("x", "y")], { outputs: [info("y"), info("")] }),
    finds: ["name-empty"],
  },
  { name: "a graph without a name", bytes: between([relu("x", "y")], { name: "" }), finds: ["name-empty"] },
  {
    name: "an input without a type",
    bytes: between([relu("x", "y")], { inputs: [info("x", null)] }),
    finds: ["input-untyped"],
  },
  {
    name: "an output without a type",
    bytes: between([relu("x", "y")], { outputs: [info("y", null)] }),
    finds: ["input-untyped"],
  },
  {
    name: "names that JavaScript has a meaning for",
    bytes: between([node("Add", ["__proto__", "constructor"], ["toString"]), relu("toString", "y")], {
      inputs: [info("__proto__")],
      constants: [floats("hasOwnProperty", 2)],
    }),
    finds: ["value-missing", "node-unused"],
  },
  {
    name: "names that are no text",
    bytes: Buffer.from(between([node("Add", ["x", "\u0007\u001b[2J"], ["y"])])),
    finds: ["value-missing"],
  },
  {
    name: "Loop without a body",
    bytes: between([node("Loop", ["", "", "x"], ["y"])]),
    finds: ["attribute-missing"],
  },
  {
    name: "a body with too few inputs",
    bytes: between(
      [
        node(
          "Loop",
          ["n", "", "x"],
          ["y"],
          [5, attribute("body", { graph: graph([], { outputs: [info("k")] }) })],
        ),
      ],
      { constants: [integers("n", [], [3])] },
    ),
    finds: ["output-missing"],
  },
  {
    name: "an If that is declared to give another type than its branches",
    bytes: between(
      [
        node(
          "If",
          ["c"],
          ["y"],
          [
            5,
            attribute("then_branch", {
              graph: branch([node("Identity", ["x"], ["t"])], { outputs: [info("t", tensorType(7, [2]))] }),
            }),
          ],
          [
            5,
            attribute("else_branch", {
              graph: branch([node("Identity", ["x"], ["t"])], { outputs: [info("t", tensorType(7, [2]))] }),
            }),
          ],
        ),
      ],
      { inputs: [info("x", tensorType(7, [2])), info("c", tensorType(BOOL, []))] },
    ),
    finds: ["types"],
  },
  {
    name: "If of one branch",
    bytes: between(
      [node("If", ["c"], ["y"], [5, attribute("then_branch", { graph: branch([relu("x", "t")]) })])],
      { inputs: [info("x"), info("c", tensorType(BOOL, []))] },
    ),
    finds: ["attribute-missing"],
  },
  {
    name: "a function's body out of order",
    bytes: between(
      [node("f", ["x"], ["y"], [7, "local"])],
      {},
      {
        opsets: [opset(17), opset(1, "local")],
        more: [defined("f", ["a"], ["b"], [relu("m", "b"), relu("a", "m")], imports(17))],
      },
    ),
    finds: ["order"],
  },
  {
    name: "a constant of a subgraph, unread",
    bytes: choose(branch([relu("x", "t")], { constants: [tensor("unread", FLOAT, [2], zeros(8))] })),
    finds: ["node-unused"],
  },
];
