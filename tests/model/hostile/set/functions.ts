// Functions of the model.
import { attribute, between, defined, imports, type ModelParts, node, opset, type Part } from "../proto.ts";
import type { Hostile } from "../set.ts";

const call = (op: string, from: string, to: string, ...more: Part[]) =>
  node(op, [from], [to], [7, "local"], ...more);

const around = (...functions: Part[]): ModelParts => ({
  opsets: [opset(17), opset(1, "local")],
  more: functions,
});

const calls = (name: string, ...callees: string[]) =>
  defined(
    name,
    ["a"],
    [`v${callees.length}`],
    [node("Relu", ["a"], ["v0"]), ...callees.map((callee, i) => call(callee, `v${i}`, `v${i + 1}`))],
    imports(17),
    imports(1, "local"),
  );

const one = (...functions: Part[]) => between([call("f", "x", "y")], {}, around(...functions));

/** Each function calls the next twice: 2^depth nodes when they are put in place. */
const doubling = (depth: number): Part[] =>
  Array.from({ length: depth }, (_, i) =>
    i === depth - 1 ? calls(`f${i}`) : calls(`f${i}`, `f${i + 1}`, `f${i + 1}`),
  );

export const FUNCTIONS: readonly Hostile[] = [
  { name: "a function that calls itself", bytes: one(calls("f", "f")), finds: ["function-recursion"] },
  {
    name: "functions that call each other",
    bytes: one(calls("f", "g"), calls("g", "h"), calls("h", "f")),
    finds: ["function-recursion"],
  },
  {
    name: "a function that calls itself from a subgraph",
    bytes: one(
      defined(
        "f",
        ["a"],
        ["b"],
        [
          node(
            "If",
            ["a"],
            ["b"],
            [5, attribute("then_branch", { graph: Buffer.from([]) })],
            [5, attribute("else_branch", { graph: inner() })],
          ),
        ],
        imports(17),
        imports(1, "local"),
      ),
    ),
    finds: ["function-recursion"],
  },
  {
    name: "functions that double forty times",
    bytes: between([call("f0", "x", "y")], {}, around(...doubling(40))),
  },
  {
    name: "a call without the input that an operator of the function needs",
    bytes: between([node("f", [], ["y"], [7, "local"])], {}, around(calls("f"))),
    finds: ["node-arity"],
  },
  {
    name: "a call without the input that a function within the function needs",
    bytes: between(
      [node("f", [""], ["y"], [7, "local"])],
      {},
      around(defined("f", ["a"], ["b"], [call("g", "a", "b")], imports(17), imports(1, "local")), calls("g")),
    ),
    finds: ["node-arity"],
  },
  { name: "two functions of one name", bytes: one(calls("f"), calls("f")), finds: ["function-twice"] },
  { name: "a function without a name", bytes: one(calls("f"), calls("")), finds: ["function-twice"] },
  {
    name: "a function without operator sets",
    bytes: one(defined("f", ["a"], ["b"], [node("Relu", ["a"], ["b"])])),
    finds: ["opset-missing"],
  },
  {
    name: "a function of another operator set",
    bytes: one(defined("f", ["a"], ["b"], [node("Relu", ["a"], ["b"])], imports(5))),
    finds: ["function-opset"],
  },
  {
    name: "a function with an attribute twice",
    bytes: one(
      defined("f", ["a"], ["b"], [node("Relu", ["a"], ["b"])], imports(17), [6, "alpha"], [6, "alpha"]),
    ),
    finds: ["function-twice"],
  },
  {
    name: "a call without the function's attribute",
    bytes: one(
      defined(
        "f",
        ["a"],
        ["b"],
        [node("Elu", ["a"], ["b"], [5, attribute("alpha", { reference: "alpha" })])],
        imports(17),
        [6, "alpha"],
      ),
    ),
    finds: ["attribute-missing"],
  },
  {
    name: "a call with an attribute that the function does not have",
    bytes: between([call("f", "x", "y", [5, attribute("beta", { int: 1 })])], {}, around(calls("f"))),
    finds: ["attribute-unknown"],
  },
  {
    name: "a function's attribute that stands for nothing",
    bytes: one(
      defined(
        "f",
        ["a"],
        ["b"],
        [node("Elu", ["a"], ["b"], [5, attribute("alpha", { reference: "gamma" })])],
        imports(17),
      ),
    ),
    finds: ["attribute-reference"],
  },
  {
    name: "a call with too many inputs",
    bytes: between([node("f", ["x", "x", "x"], ["y"], [7, "local"])], {}, around(calls("f"))),
    finds: ["node-arity"],
  },
  {
    name: "a function whose output nobody computes",
    bytes: one(defined("f", ["a"], ["b"], [node("Relu", ["a"], ["c"])], imports(17))),
    finds: ["output-missing"],
  },
  {
    name: "a function that reads a value of the model",
    bytes: one(defined("f", ["a"], ["b"], [node("Add", ["a", "x"], ["b"])], imports(17))),
    finds: ["value-missing"],
  },
  {
    name: "a function with an input twice",
    bytes: one(defined("f", ["a", "a"], ["b"], [node("Relu", ["a"], ["b"])], imports(17))),
    finds: ["name-twice"],
  },
  {
    name: "a function in a file older than functions",
    bytes: between([call("f", "x", "y")], {}, { ...around(calls("f")), ir: 7 }),
    finds: ["ir-feature"],
  },
];

function inner(): Uint8Array {
  return Buffer.concat([new Uint8Array([0x0a]), lengthPrefixed(call("f", "a", "e"))]);
}

function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}
