// Every model of the ONNX project's own test cases, simplified: sound after each pass, settled, and with the answers that it
// had before.
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../../src/base/node/index.ts";
import { openModel } from "../../../src/model/index.ts";
import { bytesOfModel } from "../evaluate.ts";
import { answers } from "../onnx-answers.ts";
import { DEBIAN, type OnnxCase, PYPI, type Suite } from "../onnx-cases.ts";
import { simplify } from "./answers.ts";

async function simplified(one: OnnxCase): Promise<{ bytes: Uint8Array; removed: number }> {
  const source = await openModelSource(one.model);
  try {
    const { model, report } = await simplify(await openModel(source));
    return { bytes: await bytesOfModel(model), removed: report.nodes.before - report.nodes.after };
  } finally {
    await source.close();
  }
}

type Answers = NonNullable<Awaited<ReturnType<typeof answers>>>;

/** Folded weights are rounded once more. */
const TOLERANCE = 1e-5;

/** "same" to the bit, "close" within rounding, or what differs. */
function compare(before: Answers, after: Answers): string {
  let verdict = "same";
  for (const [set, outputs] of before.entries()) {
    for (const [at, a] of outputs.entries()) {
      const b = after[set]?.[at];
      if (JSON.stringify(a) === JSON.stringify(b)) continue;
      if (a.type !== b?.type || a.dims.join() !== b.dims.join()) return `output ${at}: ${b?.type} ${b?.dims}`;
      if (a.type !== "float32" && a.type !== "float64") return `output ${at}`;
      const [x, y] = [a, b].map(({ type, data }) => {
        const { buffer } = Uint8Array.from(Buffer.from(data as string, "hex"));
        return type === "float32" ? new Float32Array(buffer) : new Float64Array(buffer);
      }) as [Float32Array, Float32Array];
      const scale = x.reduce(
        (most, each) => (Number.isFinite(each) ? Math.max(most, Math.abs(each)) : most),
        1,
      );
      const isClose = x.every(
        (each, i) => Object.is(each, y[i]) || Math.abs(each - (y[i] as number)) <= TOLERANCE * scale,
      );
      if (!isClose) return `output ${at} by more than ${TOLERANCE}`;
      verdict = "close";
    }
  }
  return verdict;
}

describe.each([DEBIAN, PYPI])("$title", ({ cases, missing, title }: Suite) => {
  test("no answer changes", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    const counts = { models: cases.length, same: 0, close: 0, random: 0, "not run": 0, "nodes removed": 0 };
    const changed: string[] = [];
    const plain = { graphOptimizationLevel: "disabled" } as const;
    for (const one of cases) {
      const after = await simplified(one).catch((error: unknown) => {
        throw new Error(one.name, { cause: error });
      });
      counts["nodes removed"] += after.removed;
      const expected = await answers(one, one.model, plain);
      const got = await answers(one, after.bytes, plain);
      if (!expected || !got) {
        // Without what is folded, the runtime may have kernels for all that is left.
        if (expected) changed.push(`${one.name} runs no more`);
        counts["not run"]++;
        continue;
      }
      const verdict = compare(expected, got);
      if (verdict === "same" || verdict === "close") counts[verdict]++;
      else if (compare(expected, (await answers(one, one.model, plain)) ?? []) !== "same") counts.random++;
      else changed.push(`${one.name}: ${verdict}`);
    }
    console.log(title, JSON.stringify(counts));
    expect(changed).toEqual([]);
    expect(counts.same + counts.close).toBeGreaterThan(cases.length * 0.75);
  });
});
