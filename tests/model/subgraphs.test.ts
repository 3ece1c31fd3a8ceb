// Names in branches and bodies: which value they mean.
import { expect, test } from "vitest";
import { subgraphsOf } from "../../src/model/graph/index.ts";
import { message, openBytes } from "./files.ts";

const info = (name: string) =>
  message([
    [1, name],
    [2, message([[1, message([[1, 1]])]])],
  ]);
const node = (op: string, inputs: string[], output: string, attributes: Uint8Array[] = []) =>
  message([
    ...inputs.map((name) => [1, name] as const),
    [2, output],
    [4, op],
    ...attributes.map((each) => [5, each] as const),
  ]);

test("a branch that only tells the type of a value around it means that value", async () => {
  const branch = (op: string) =>
    message([
      [1, node(op, ["x"], `${op} of x`)],
      [2, op],
      [12, info(`${op} of x`)],
      [13, info("x")],
    ]);
  const attribute = (name: string, graph: Uint8Array) =>
    message([
      [1, name],
      [6, graph],
      [20, 5],
    ]);
  const branches = [attribute("then_branch", branch("Abs")), attribute("else_branch", branch("Neg"))];
  const graph = message([
    [1, node("If", ["c"], "y", branches)],
    [2, "g"],
    [11, info("c")],
    [11, info("x")],
    [12, info("y")],
  ]);
  const model = await openBytes(
    message([
      [1, 8],
      [7, graph],
      [8, message([[2, 17]])],
    ]),
  );
  const x = model.graph.values.get("x");
  const [choice] = model.graph.nodes;
  expect(choice && [...subgraphsOf(choice)].map(({ nodes }) => nodes[0]?.inputs[0])).toEqual([x, x]);
  expect(x?.uses).toHaveLength(2);
});
