// Streams of real TFLite models that remember, through the server, beside what the C library answered.
import { expect, test } from "vitest";
import type { Tensor } from "../../src/model/tensor/index.ts";
import { disagreement } from "../model/tflite/agree.ts";
import { flat, followDisagrees, framesOf, modelFile, tensorOf } from "../model/tflite/follow.ts";
import { type Case, casesOf } from "../model/tflite/packs.ts";
import { realFile, realModel } from "../model/tflite/real.ts";
import { serveFolder } from "./real.ts";
import { post } from "./server.ts";

const DATATYPES: Readonly<Record<string, string>> = { int8: "INT8", float32: "FP32" };

/** Asks the next frame of a sequence; the first output. */
async function askFrame(
  url: string,
  input: { name: string; tensor: Tensor },
  parameters: object,
): Promise<Tensor> {
  const { dtype, ...rest } = flat(input.tensor);
  const answer = await post(url, {
    parameters,
    inputs: [{ name: input.name, datatype: DATATYPES[dtype], ...rest }],
  });
  expect(answer.status, answer.text).toBe(200);
  // The states stay with the server.
  expect(answer.json.outputs.length).toBe(1);
  const { datatype, shape, data } = answer.json.outputs[0];
  return tensorOf({ dtype: datatype === "FP32" ? "float32" : datatype.toLowerCase(), shape, data });
}

test.for(["okay_nabu", "hey_mycroft"])(
  "two sequences of %s at once, of sixty frames each",
  async (name, context) => {
    const model = realModel(`stream-${name}`);
    const { folder } = modelFile(name, await realFile(context, model));
    const url = `${await serveFolder(folder)}/v2/models/${name}/infer`;
    const streams = [0, 1].map((stream) => framesOf(model, stream));
    const answers: Tensor[][] = [[], []];
    for (let frame = 0; frame < 60; frame++) {
      for (const [s, frames] of streams.entries()) {
        const input = { name: model.inputs[0]?.name ?? "", tensor: frames[frame] as Tensor };
        const parameters = { sequence_id: s + 1, sequence_start: frame === 0, sequence_end: frame === 59 };
        answers[s]?.push(await askFrame(url, input, parameters));
      }
    }
    for (const [s, given] of answers.entries())
      expect(followDisagrees(model, s, given), `stream ${s}`).toBe(null);
  },
);

test("two sequences at once of a model with a variable", async () => {
  const each = casesOf("ASSIGN_VARIABLE").find(({ stateful }) => stateful) as Case;
  const { folder } = modelFile("kept", each.model);
  const url = `${await serveFolder(folder)}/v2/models/kept/infer`;
  for (const [frame, { inputs, outputs }] of each.frames.entries()) {
    for (const id of ["a", "b"]) {
      const parameters = { sequence_id: id, sequence_start: frame === 0 };
      const [input, output] = [inputs[0], outputs[0]];
      if (!input || !output) throw new Error("a recorded frame has no input or output");
      const answer = await askFrame(url, input, parameters);
      expect(disagreement(output.tensor, answer, output), `frame ${frame} of ${id}`).toBe(null);
    }
  }
});
