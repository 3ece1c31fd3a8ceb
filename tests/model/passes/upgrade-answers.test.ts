// Every adapter on small models: what the upgraded model answers is what the old one answered, as the runtime, onnx's
// reference or numpy say.
import { expect, test } from "vitest";
import { checkAll, storedCases } from "./upgrade-cases.ts";

test("460 models of 46 families keep their answers in the newest opset", async () => {
  const cases = storedCases();
  expect(await checkAll(cases, [null])).toBe(460);
  expect(new Set(cases.map(({ family }) => family)).size).toBe(46);
});
