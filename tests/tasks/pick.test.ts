import { describe, expect, test } from "vitest";
import type { Contract } from "../../src/model/contract/contract.ts";
import { pickTask, TASKS } from "../../src/run/tasks/index.ts";
import { EMPTY } from "./task.ts";

const image = {
  kind: "image" as const,
  tensor: "x",
  size: [2, 2] as [number, number],
  layout: "NCHW" as const,
  color: "RGB" as const,
  resize: "stretch" as const,
  normalize: { scale: 1, mean: [0], std: [1] },
};
const audio = { kind: "audio" as const, tensor: "x", sampleRate: 16_000, frame: 512, context: 0 };
const scores = { kind: "scores" as const, tensor: "y", activation: "none" as const, labels: null };
const ctc = { kind: "ctc" as const, tensor: "y", activation: "none" as const, blank: 0, dictionary: null };
const probability = { kind: "probability" as const, tensor: "y", threshold: 0.5 };

const pick = (contract: Partial<Contract>) => pickTask({ ...EMPTY, ...contract }).id;
const written = [{ field: "task", source: "model.yaml", confidence: "written" as const, reason: "" }];

test("what goes in and comes out decides", () => {
  expect(pick({ inputs: { image }, outputs: { scores } })).toBe("image-classification");
  expect(pick({ inputs: { image }, outputs: { ctc } })).toBe("text-recognition");
  expect(pick({ inputs: { audio }, outputs: { probability } })).toBe("voice-activity-detection");
  expect(pick({ inputs: { audio: { ...audio, frame: null } }, outputs: { probability } })).toBe("tensors");
  expect(pick({ inputs: { image }, outputs: { probability } })).toBe("tensors");
  expect(pick({})).toBe("tensors");
});

test("each task can be named, and says why it does not fit", () => {
  for (const { id } of TASKS) {
    if (id === "tensors") continue;
    expect(() => pick({ task: id, evidence: written })).toThrow(
      expect.objectContaining({
        code: "TASK_MISFIT",
        message: expect.stringContaining(`${id} does not fit this model: it `),
      }),
    );
    // What was only declared gives way.
    expect(pick({ task: id })).toBe("tensors");
  }
  expect(pick({ task: "tensors", inputs: { image }, outputs: { scores }, evidence: written })).toBe(
    "tensors",
  );
});

describe("a task that does not exist", () => {
  test("written by a person", () => {
    expect(() => pick({ task: "object-detecton", evidence: written })).toThrow(
      expect.objectContaining({
        code: "TASK_UNKNOWN",
        hint: expect.stringContaining("image-classification"),
      }),
    );
  });

  test("declared by a file: named tensors answer", () => {
    expect(pick({ task: "object-detection", inputs: { image }, outputs: { scores } })).toBe("tensors");
  });
});
