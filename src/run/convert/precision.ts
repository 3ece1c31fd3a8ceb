import type { Model } from "../../model/graph/graph.ts";
import {
  DYNAMIC_OPSET,
  emulateHalf,
  halfPrecision,
  halfUnits,
  halves,
  initializers,
  type Pass,
  type PassContext,
  type QuantizePass,
  type QuantizeReport,
  quantizeDynamic,
  quantizeStatic,
  quantizeWeights,
  runPasses,
  STATIC_OPSET,
  sensitiveProducts,
  upgradeTo,
  type WeightScheme,
} from "../../model/passes/index.ts";
import { type Calibration, observeSamples } from "./calibration.ts";
import type { PassChoice, Precision } from "./choice.ts";
import type { Mixing } from "./mix.ts";
import { needsReducedRange } from "./processor.ts";

/** The passes that bring a model to a precision, and what became of its weights once they have run. */
export interface PrecisionStage {
  /** What the others need: a newer operator set, weights where they are looked for. */
  readonly before: readonly Pass[];
  /** Decides, where a tolerance was chosen, what is left more exact. The model has been through `before`. */
  decide(model: Model, context: PassContext): Promise<void>;
  readonly passes: readonly Pass[];
  report(): QuantizeReport;
}

/** Blocks as most engines have them: smaller ones are closer to the original, and take more scales. */
const BLOCK = 32;

/** The first operator set whose Cast names types by numbers and knows all of them. */
const HALF_OPSET = 9;

const BYTES: WeightScheme = { bits: 8, size: BLOCK, symmetric: true, accuracy: 4 };
const NIBBLES: WeightScheme = { bits: 4, size: BLOCK, symmetric: true, accuracy: 0 };

/** Zero points and scales that leave the least error. */
const FITTED: WeightScheme = { ...NIBBLES, symmetric: false, fit: "error" };

/** Zero points that are floats. */
const HALF_QUADRATIC: WeightScheme = { ...NIBBLES, symmetric: false, fit: "half-quadratic" };

/** Whether something is left more exact, by its name. */
type Kept = (name: string) => boolean;

interface Row {
  passes(choice: PassChoice, kept: Kept): readonly QuantizePass[];
  /** The operator set of ai.onnx from which it can be said. */
  opset?(choice: PassChoice): number;
  /** What is left more exact where no tolerance was chosen, by its name. @default nothing */
  kept?(model: Model, context: PassContext): Promise<ReadonlySet<string>>;
  /** Where some of it can be left more exact. */
  mixing?(choice: PassChoice): Mixing;
}

/**
 * Weights of which some are held as the others are, or in another way, which is more exact.
 * @param exact null: in float32, and only where a tolerance was chosen
 */
function blocks(precision: string, scheme: WeightScheme, exact: WeightScheme | null): Row {
  const passes = (kept: Kept) => [
    quantizeWeights(precision, scheme, { only: (name) => !kept(name) }),
    ...(exact ? [quantizeWeights(precision, exact, { only: kept })] : []),
  ];
  return {
    passes: (_, kept) => passes(kept),
    ...(exact ? { kept: sensitiveProducts } : {}),
    mixing: () => ({
      async units(model, context) {
        const pass = quantizeWeights(precision, scheme);
        // It changes the graph, of which only a copy may be changed.
        await runPasses(model, [pass], context, { maxRounds: 1 });
        return pass.report().weights.map(({ name, before }) => ({ name, price: before }));
      },
      passes: (kept) => passes((name) => kept.has(name)),
    }),
  };
}

const ROWS: Readonly<Record<Precision, Row>> = {
  fp16: {
    passes: ({ io }, kept) => [
      halfPrecision("fp16", { ...(io ? { io } : {}), keep: ({ outputs }) => kept(outputs[0]?.name ?? "") }),
    ],
    opset: () => HALF_OPSET,
    mixing: () => ({
      units: async (...given) => (await halfUnits(...given)).map((name) => ({ name, price: 1 })),
      passes: (kept) => [emulateHalf(({ outputs }) => kept.has(outputs[0]?.name ?? ""))],
    }),
  },
  int8: {
    passes: ({ reduceRange = needsReducedRange(), calibrate }) => [
      calibrate ? calibrated(calibrate, reduceRange) : quantizeDynamic("int8", { reduceRange }),
      quantizeWeights("int8", BYTES, { kinds: ["table"] }),
    ],
    opset: ({ calibrate }) => (calibrate ? STATIC_OPSET : DYNAMIC_OPSET),
  },
  int4: blocks("int4", NIBBLES, BYTES),
  "int4-asym": blocks("int4-asym", { ...NIBBLES, symmetric: false }, BYTES),
  "int4-fit": blocks("int4-fit", FITTED, BYTES),
  "int4-hqq": blocks("int4-hqq", HALF_QUADRATIC, BYTES),
  "int8-weights": blocks("int8-weights", BYTES, null),
};

function calibrated(calibrate: Calibration, reduceRange: boolean): QuantizePass {
  const { method } = calibrate;
  const observe = observeSamples(calibrate);
  return quantizeStatic("int8", { observe, reduceRange, ...(method ? { method } : {}) });
}

/** null where nothing was chosen. @throws MODEL_OPSET_UNKNOWN */
export function precisionStage(choice: PassChoice, opset: number): PrecisionStage | null {
  const { precision, near } = choice;
  if (precision === undefined) return null;
  const row = ROWS[precision];
  let kept: ReadonlySet<string> = new Set();
  const quantize = row.passes(choice, (name) => kept.has(name));
  const least = row.opset?.(choice) ?? 0;
  const newer = opset < least ? [upgradeTo(least)] : [];
  // What is to be float16 may stay so.
  const held = precision === "fp16" ? null : halves();
  return {
    // Constant nodes hold weights too, and so do casts of constants.
    before: [...newer, initializers, ...(held ? [held.widen] : [])],
    async decide(model, context) {
      const mixing = near && row.mixing?.(choice);
      if (!mixing) {
        kept = (await row.kept?.(model, context)) ?? kept;
        return;
      }
      const { mix } = await import("./mix.ts");
      kept = await mix(model, mixing, near, context);
    },
    passes: held ? [...quantize, held.narrow] : quantize,
    report() {
      const reports = quantize.map((pass) => pass.report());
      return {
        precision,
        weights: reports
          .flatMap(({ weights }) => weights)
          .map((weight) => (held?.was(weight.name) ? { ...weight, before: weight.before / 2 } : weight)),
        left: reports.flatMap(({ left }) => left),
      };
    },
  };
}
