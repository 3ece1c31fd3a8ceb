import {
  DYNAMIC_OPSET,
  halfPrecision,
  initializers,
  type Pass,
  type QuantizePass,
  type QuantizeReport,
  quantizeDynamic,
  quantizeStatic,
  quantizeWeights,
  STATIC_OPSET,
  upgradeTo,
} from "../../model/passes/index.ts";
import { type Calibration, observeSamples } from "./calibration.ts";
import type { PassChoice, Precision } from "./choice.ts";
import { needsReducedRange } from "./processor.ts";

/** The passes that bring a model to a precision, and what became of its weights once they have run. */
export interface PrecisionStage {
  readonly passes: readonly Pass[];
  report(): QuantizeReport;
}

/** Blocks as most engines have them: smaller ones are closer to the original, and take more scales. */
const BLOCK = 32;

/** The first operator set whose Cast names types by numbers and knows all of them. */
const HALF_OPSET = 9;

interface Row {
  passes(choice: PassChoice): readonly QuantizePass[];
  /** The operator set of ai.onnx from which it can be said. */
  opset?(choice: PassChoice): number;
}

function calibrated(calibrate: Calibration, reduceRange: boolean): QuantizePass {
  const { method } = calibrate;
  const observe = observeSamples(calibrate);
  return quantizeStatic("int8", { observe, reduceRange, ...(method ? { method } : {}) });
}

const ROWS: Readonly<Record<Precision, Row>> = {
  fp16: { passes: ({ io }) => [halfPrecision("fp16", io ? { io } : {})], opset: () => HALF_OPSET },
  int8: {
    passes: ({ reduceRange = needsReducedRange(), calibrate }) => [
      calibrate ? calibrated(calibrate, reduceRange) : quantizeDynamic("int8", { reduceRange }),
      quantizeWeights("int8", { bits: 8, size: BLOCK, symmetric: true, accuracy: 4 }, ["table"]),
    ],
    opset: ({ calibrate }) => (calibrate ? STATIC_OPSET : DYNAMIC_OPSET),
  },
  int4: {
    passes: () => [quantizeWeights("int4", { bits: 4, size: BLOCK, symmetric: true, accuracy: 0 })],
  },
  "int4-asym": {
    passes: () => [quantizeWeights("int4-asym", { bits: 4, size: BLOCK, symmetric: false, accuracy: 0 })],
  },
  "int8-weights": {
    passes: () => [quantizeWeights("int8-weights", { bits: 8, size: BLOCK, symmetric: true, accuracy: 4 })],
  },
};

/** null where nothing was chosen. @throws MODEL_OPSET_UNKNOWN */
export function precisionStage(choice: PassChoice, opset: number): PrecisionStage | null {
  const { precision } = choice;
  if (precision === undefined) return null;
  const row = ROWS[precision];
  const quantize = row.passes(choice);
  const least = row.opset?.(choice) ?? 0;
  const newer = opset < least ? [upgradeTo(least)] : [];
  return {
    // Constant nodes hold weights too.
    passes: [...newer, initializers, ...quantize],
    report() {
      const reports = quantize.map((pass) => pass.report());
      return {
        precision,
        weights: reports.flatMap(({ weights }) => weights),
        left: reports.flatMap(({ left }) => left),
      };
    },
  };
}
