// Nodes behind one another as exporters leave them, and as simplification looks for them.
import { type Context, count, type Value } from "./context.ts";
import { binary, cast, clip, divided, neutral, unary } from "./elementwise.ts";
import type { Maker } from "./makers.ts";
import {
  concat,
  expand,
  flatten,
  gather,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from "./movement.ts";
import { batchNormalization, convolution, dropout, gemm, matMul, pooling } from "./neural.ts";
import { reduce, softmax } from "./reduction.ts";

/** A number for each channel, before or behind which weights stand that could hold it. */
const channelwise: Maker = {
  make(c) {
    const x = c.pick(({ dtype, shape }) => dtype === "float32" && shape.length >= 2 && count(shape) > 0);
    if (!x) return null;
    const [, channels = 1, ...sides] = x.shape;
    const shape = [channels, ...sides.map(() => 1)];
    const op = c.draw.one(["Add", "Sub", "Mul", "Div"]);
    const numbers = Array.from({ length: channels }, () => c.draw.one([0.5, 2, -1.5, 1]));
    const other = c.constant("float32", c.draw.chance(0.5) ? shape : [1, ...shape], numbers);
    const most = x.most * 2 + 2;
    return c.apply(op, [x, other], { most, error: x.error * 2 + c.rounded("float32", most, 2) });
  },
};

const CHAINS: readonly (readonly Maker[])[] = [
  [transpose, transpose],
  [transpose, transpose, transpose],
  [transpose, unary, transpose],
  [transpose, matMul],
  [transpose, gemm],
  [transpose, softmax, transpose],
  [reshape, reshape],
  [reshape, flatten, reshape],
  [flatten, gemm, channelwise],
  [squeeze, unsqueeze],
  [unsqueeze, squeeze],
  [unsqueeze, reshape],
  [slice, slice],
  [slice, slice, slice],
  [split, concat],
  [concat, slice],
  [concat, concat],
  [gather, gather],
  [reduce, squeeze],
  [reduce, unsqueeze],
  [pad, convolution],
  [pad, pooling],
  [pad, pad],
  [pad, slice],
  [convolution, batchNormalization],
  [convolution, channelwise],
  [convolution, channelwise, channelwise, batchNormalization],
  [channelwise, convolution],
  [batchNormalization, convolution],
  [matMul, channelwise],
  [matMul, binary],
  [gemm, batchNormalization],
  [gemm, channelwise],
  [unary, unary],
  [clip, clip],
  [cast, cast],
  [neutral, neutral],
  [neutral, convolution, neutral],
  [dropout, dropout],
  [expand, binary],
  [divided, divided],
];

/** A value that the last nodes made and that nobody reads. */
function lastOf(c: Context, before: number): Value | null {
  const made = c.scope.values.slice(before).filter(({ elements }) => !elements);
  return made.at(-1) ?? null;
}

const chain: Maker = {
  weight: 25,
  make(c) {
    let value: Value | null = null;
    for (const maker of c.draw.one(CHAINS)) {
      if ((maker.since ?? 7) > c.opset) return value;
      const before = c.scope.values.length;
      c.focus = value;
      maker.make(c);
      c.focus = null;
      value = lastOf(c, before);
      if (!value) return null;
    }
    return value;
  },
};

export const patterns: readonly Maker[] = [chain, channelwise];
