// What a contract tells of inputs that are made up, on a net that takes nothing else.
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { knownInputs } from "../../src/run/pipeline/known.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { findMade, madeUp } from "../../src/run/runtime/worker/made-up.ts";
import type { Slot } from "../../src/run/runtime/worker/messages.ts";
import { packageFile } from "../models.ts";
import { SILERO_V4, SILERO_V5 } from "../packages.ts";

test.for([
  ["v4", SILERO_V4, [[1, 512], [], [2, 1, 64], [2, 1, 64]]],
  ["v5", SILERO_V5, [[1, 576], [2, 1, 128], []]],
] as const)(
  "Silero %s runs on made-up frames of the length, with the states and the rate, that its contract says",
  async ([, file, shapes], context) => {
    const path = await packageFile(context, ...file);
    await using session = await disposable(path);
    const opened = await openSource(path);
    const known = knownInputs(opened);
    const { signature } = opened;
    await opened.close();
    const run = async (slots: Slot[]) => {
      const feeds = signature.inputs.map(({ name, dtype }, i) => {
        const tensor = new Tensor(
          dtype as "float32",
          slots[2 * i + 1] as Float32Array,
          slots[2 * i] as readonly number[],
        );
        return [name, tensor] as const;
      });
      await session.it.run(Object.fromEntries(feeds));
      return [];
    };
    const guess = await findMade(signature, run, known);
    if (typeof guess === "string") throw new Error(guess);
    const made = madeUp(signature, guess, 1, known);
    expect(made.filter((_, i) => i % 2 === 0)).toEqual(shapes);
    const rate = signature.inputs.findIndex(({ name }) => name === "sr");
    expect(made[2 * rate + 1]).toEqual(BigInt64Array.of(16_000n));
  },
);

async function disposable(path: string) {
  const it = await InferenceSession.create(path);
  return { it, [Symbol.asyncDispose]: () => it.release() };
}
