// `run` of models that remember: the inputs are the frames of one stream.
import { join } from "node:path";
import { expect, test } from "vitest";
import { disagreement } from "../model/tflite/agree.ts";
import { flat, followDisagrees, framesOf, jsonFile, modelFile, tensorOf } from "../model/tflite/follow.ts";
import { type Case, casesOf } from "../model/tflite/packs.ts";
import { realFile, realModel } from "../model/tflite/real.ts";
import { modelyard } from "./modelyard.ts";

type Answer = Record<string, { dtype: string; shape: number[]; data: unknown }>;

async function run(...args: string[]): Promise<unknown> {
  const { stdout, stderr } = await modelyard(["run", ...args, "--json"]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** Holds the answers of a stream to the recorded ones, and to what the frames are called. */
function check({ frames }: Case, answers: unknown, inputs: readonly string[]): void {
  const rows = answers as { input: string; answer: Answer }[];
  expect(rows.map(({ input }) => input)).toEqual(inputs);
  for (const [f, { answer }] of rows.entries()) {
    const outputs = frames[f]?.outputs ?? [];
    expect(Object.keys(answer)).toEqual(outputs.map(({ name }) => name));
    for (const { name, tensor, ...bound } of outputs)
      expect(disagreement(tensor, tensorOf(answer[name] as Answer[string]), bound), `frame ${f}`).toBe(null);
  }
}

/** A model with a variable, and its frames as named tensors. */
function remembering() {
  const each = casesOf("VAR_HANDLE").find(({ stateful }) => stateful) as Case;
  const frames = each.frames.map(({ inputs }) =>
    Object.fromEntries(inputs.map(({ name, tensor }) => [name, flat(tensor)])),
  );
  // A model that answers what it is given would prove nothing.
  expect(each.frames.length).toBeGreaterThan(2);
  expect(each.frames[1]?.outputs[0]?.tensor).not.toEqual(each.frames[1]?.inputs[0]?.tensor);
  return { each, frames, ...modelFile("kept", each.model) };
}

test("files are the frames of one stream in their order, and so are those of a list in a file", async () => {
  const { each, frames, folder, path } = remembering();
  const files = frames.map((frame, i) => jsonFile(folder, `f${i}.json`, { inputs: frame }));
  check(each, await run(path, ...files), files);
  const list = jsonFile(folder, "all.json", frames);
  check(
    each,
    await run(path, list),
    frames.map((_, i) => `${list}[${i}]`),
  );
  // Each frame by itself is the first of a stream of its own.
  const [name = ""] = Object.keys(frames[0] ?? {});
  const second = (await run(path, files[1] as string)) as Answer;
  const [output] = each.frames[1]?.outputs ?? [];
  expect(Object.keys(second)).toEqual([output?.name]);
  expect(Object.keys(frames[1] ?? {})).toEqual([name]);
  const bound = { noise: output?.noise ?? 0, step: 0 };
  expect(
    disagreement(output?.tensor as never, tensorOf(second[output?.name ?? ""] as never), bound),
  ).not.toBe(null);
});

test("the converted model does the same", async () => {
  const { each, frames, folder, path } = remembering();
  const converted = join(folder, "kept.onnx");
  const { code, stderr } = await modelyard(["convert", path, converted]);
  expect(code, stderr).toBe(0);
  const list = jsonFile(folder, "all.json", frames);
  check(
    each,
    await run(converted, list),
    frames.map((_, i) => `${list}[${i}]`),
  );
});

test.for(["okay_nabu", "alexa", "hey_jarvis"])(
  "%s hears sixty frames as the C library does",
  async (name, context) => {
    const model = realModel(`stream-${name}`);
    const { folder, path } = modelFile(name, await realFile(context, model));
    const [output] = model.outputs;
    const nested = framesOf(model, 1).map((tensor) => rows(tensor.data as Int8Array, tensor.shape));
    expect(nested.length).toBe(60);
    const answers = (await run(path, jsonFile(folder, "frames.json", nested))) as { answer: Answer }[];
    const tensors = answers.map(({ answer }) => tensorOf(answer[output?.name ?? ""] as Answer[string]));
    expect(followDisagrees(model, 1, tensors)).toBe(null);
  },
);

/** [1, rows, columns] as nested lists. */
function rows(data: Int8Array, [, count = 1, length = 1]: readonly number[]): number[][][] {
  return [Array.from({ length: count }, (_, i) => [...data.subarray(i * length, (i + 1) * length)])];
}
