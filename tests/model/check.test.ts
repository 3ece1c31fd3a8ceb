// What the checks say of a thing that is wrong in more places than are listed.
import { expect, test } from "vitest";
import { checkModel } from "../../src/model/index.ts";
import { build } from "./passes/build.ts";

/** A chain of so many nodes of an operator of somebody's own, and perhaps one behind them of ai.onnx that nobody knows. */
const chain = (count: number, last?: string) =>
  build(17, (b) => {
    b.model.opsets.set("own", 1);
    let value = b.input("x", "float32", [1]);
    for (let i = 0; i < count; i++) value = b.node("Own", [value], {}, "own");
    return last === undefined ? value : b.node(last, [value]);
  });

const unknown = async (model: ReturnType<typeof chain>) =>
  (await checkModel(model)).filter(({ rule }) => rule === "operator-unknown");

test("the rest of many warnings is a warning", async () => {
  const found = await unknown(chain(130));
  expect(found).toHaveLength(101);
  expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set(["warning"]));
  expect(found.at(-1)?.message).toBe("The same is true of 30 places more.");
});

test("it is an error where one of the rest is", async () => {
  const [first, ...others] = await unknown(chain(130, "Nobodys"));
  expect(first).toMatchObject({ severity: "error", message: "The same is true of 31 places more." });
  expect(others).toHaveLength(100);
});
