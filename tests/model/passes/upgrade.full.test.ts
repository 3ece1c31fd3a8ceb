// Every model of the ONNX project's own test cases, brought to newer operator sets: what the runtime passes from the file
// it also passes afterwards, and what it refused for being old it runs.
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../../src/base/node/index.ts";
import { bufferModelSink, openModel, writeModel } from "../../../src/model/index.ts";
import { NEWEST_OPSET, newestOpsetOf, upgradeTo } from "../../../src/model/passes/index.ts";
import { judge, type Verdict } from "../onnx-answers.ts";
import { DEBIAN, type OnnxCase, PYPI, type Suite } from "../onnx-cases.ts";
import { expectSound } from "./invariants.ts";

/** Those between: the last before and the first after most changes. */
const TARGETS = [9, 13, 18, 21, NEWEST_OPSET];

/** Operators that this version of the runtime does not run in the newest operator set, as it ran them in older ones. */
const NOT_RUN =
  /^(Bernoulli|RandomUniformLike|RoiAlign|Swish) of opset \d+: the runtime does not run it in versions after \d+ \(/;

/** What the runtime says of the model after the upgrade; null where the target is none, a text where it was refused. */
async function afterUpgrade(one: OnnxCase, target: number | null): Promise<Verdict | string | null> {
  const source = await openModelSource(one.model);
  try {
    const model = await openModel(source);
    const from = model.opsets.get("");
    const to = target ?? newestOpsetOf(model);
    if (from === undefined || from >= to) return null;
    const result = await upgradeTo(to).run(model, { note() {} });
    expect(result.modified, one.name).toBe(true);
    expect(result.model.opsets.get("")).toBe(to);
    expectSound(result.model, one.name);
    const sink = bufferModelSink("model.onnx");
    await writeModel(result.model, sink);
    return await judge(one, sink.files.get("model.onnx"));
  } catch (error) {
    const { code, details } = error as { code?: string; details: { list: string } };
    if (code === "MODEL_UPGRADE_REFUSED") return details.list;
    throw error;
  } finally {
    await source.close();
  }
}

/** Cases that pass from the file, cases that pass at the newest opset at which the runtime runs all of their operators. */
const PASSED: Readonly<Record<string, readonly [before: number, after: number]>> = {
  node: [859, 859],
  "pytorch-converted": [59, 82],
  "pytorch-operator": [24, 35],
  simple: [17, 17],
};
const PASSED_PYPI = { ...PASSED, node: [1435, 1435], light: [9, 9] } as const;

describe.each([
  { ...DEBIAN, passed: PASSED, brought: 3_400 },
  { ...PYPI, passed: PASSED_PYPI, brought: 3_400 },
])("$title", ({ cases, missing, passed, brought }: Suite & { passed: typeof PASSED; brought: number }) => {
  test("keeps passing, whatever opset it is brought to", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    const counts: Record<string, [before: number, after: number]> = {};
    const broken: string[] = [];
    let count = 0;
    for (const one of cases) {
      const before = await judge(one);
      const check = async (target: number | null) => {
        const after = await afterUpgrade(one, target);
        if (typeof after === "string") {
          if (target === null || !after.split("; ").every((each) => NOT_RUN.test(each)))
            broken.push(`${one.name} to ${target}: ${after}`);
        } else if (after) {
          count++;
          if (before.status === "passed" && after.status !== "passed")
            broken.push(`${one.name} to ${target}: ${after.status}, ${after.detail}`);
        }
        return after;
      };
      for (const target of TARGETS) await check(target);
      const newest = (await check(null)) ?? before;
      counts[one.set] ??= [0, 0];
      const of = counts[one.set] as [number, number];
      if (before.status === "passed") of[0]++;
      if ((newest as Verdict).status === "passed") of[1]++;
    }
    expect(broken).toEqual([]);
    expect(counts).toEqual(passed);
    expect(count).toBeGreaterThan(brought);
  });
});
