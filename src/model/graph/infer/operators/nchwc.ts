import type { Maybe } from "../extent/index.ts";
import { multiply } from "../extent/index.ts";
import { type Application, type Family, intAttribute, intsAttribute, type Rule, shapeOf } from "../rule.ts";
import { convolved } from "./convolution.ts";
import { POOLING } from "./pooling.ts";

/**
 * Operators that ONNX Runtime's optimiser puts into a graph for the processor that it runs on: channels lie in blocks. Shapes
 * are written as [N, C, H, W], with as many channels as fill the blocks.
 */

/** Channels of the widest blocks that a processor likes (AVX-512). */
const BLOCK = 16;

/** Channels that fill blocks of any size stay as many as they are; of others it depends on the processor. */
const reorderInput: Rule = (at) => {
  const data = shapeOf(at, 0);
  if (!data) return [null];
  const isLast = intAttribute(at, "channels_last", 0) === 1;
  const channels = (isLast ? data.at(-1) : data[1]) ?? null;
  const filled = typeof channels === "number" && channels % BLOCK === 0 ? channels : null;
  return [{ shape: [data[0] ?? null, filled, ...(isLast ? data.slice(1, -1) : data.slice(2))] }];
};

const reorderOutput: Rule = (at) => {
  const data = shapeOf(at, 0);
  if (!data) return [null];
  const channels = intAttribute(at, "channels");
  const [batch = null, , ...spatial] = data;
  return [
    {
      shape:
        intAttribute(at, "channels_last", 0) === 1
          ? [batch, ...spatial, channels]
          : [batch, channels, ...spatial],
    },
  ];
};

const upsample: Rule = (at) => {
  const scales = intsAttribute(at, "scales");
  return [
    { shape: shapeOf(at, 0)?.map((dim, axis): Maybe => multiply(dim, scales?.[axis] ?? null)) ?? null },
  ];
};

export const NCHWC: Family = {
  domain: "com.microsoft.nchwc",
  rules: {
    AveragePool: POOLING.rules.AveragePool as Rule,
    Conv: (at: Application) => [{ shape: convolved(at, 0, 1) }],
    GlobalAveragePool: POOLING.rules.GlobalAveragePool as Rule,
    GlobalMaxPool: POOLING.rules.GlobalMaxPool as Rule,
    MaxPool: POOLING.rules.MaxPool as Rule,
    ReorderInput: reorderInput,
    ReorderOutput: reorderOutput,
    Upsample: upsample,
  },
};
