import type { Family, Rule } from "../rule.ts";
import { ATTENTION, PREVIEW } from "./attention.ts";
import { CASTS } from "./casts.ts";
import { CONTROL } from "./control.ts";
import { CONVOLUTION } from "./convolution.ts";
import { DETECTION } from "./detection.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { GATHERING } from "./gathering.ts";
import { GENERATORS } from "./generators.ts";
import { IMAGE } from "./image.ts";
import { JOINING } from "./joining.ts";
import { LEGACY } from "./legacy.ts";
import { MATRICES } from "./matrices.ts";
import { MICROSOFT_ATTENTION } from "./microsoft/attention.ts";
import { FUSED } from "./microsoft/fused.ts";
import { MICROSOFT } from "./microsoft/others.ts";
import { MICROSOFT_QUANTIZED } from "./microsoft/quantized.ts";
import { TRANSFORMERS } from "./microsoft/transformers.ts";
import { ML } from "./ml.ts";
import { NCHWC } from "./nchwc.ts";
import { NORMALIZATION } from "./normalization.ts";
import { POOLING } from "./pooling.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTIONS } from "./reductions.ts";
import { RESIZE } from "./resize.ts";
import { SEQUENCES } from "./sequences.ts";
import { SHAPES } from "./shapes.ts";
import { SIGNAL } from "./signal.ts";
import { SLICING } from "./slicing.ts";
import { STRINGS } from "./strings.ts";
import { LOSSES, TRAINING } from "./training.ts";

/** Every family of operators. Another one is a file and a line here. */
const FAMILIES: readonly Family[] = [
  ATTENTION,
  PREVIEW,
  CASTS,
  CONTROL,
  CONVOLUTION,
  DETECTION,
  ELEMENTWISE,
  GATHERING,
  GENERATORS,
  IMAGE,
  JOINING,
  LEGACY,
  MATRICES,
  ML,
  MICROSOFT,
  MICROSOFT_ATTENTION,
  MICROSOFT_QUANTIZED,
  FUSED,
  TRANSFORMERS,
  NCHWC,
  NORMALIZATION,
  POOLING,
  QUANTIZATION,
  RECURRENT,
  REDUCTIONS,
  RESIZE,
  SEQUENCES,
  SHAPES,
  SIGNAL,
  SLICING,
  STRINGS,
  LOSSES,
  TRAINING,
];

const RULES = new Map<string, Map<string, Rule>>();
for (const { domain, rules } of FAMILIES) {
  const of = RULES.get(domain) ?? new Map<string, Rule>();
  RULES.set(domain, of);
  for (const [name, rule] of Object.entries(rules)) of.set(name, rule);
}

/** The rule of an operator; none where its schema's types are all that is known of it. */
export function ruleOf(domain: string, op: string): Rule | undefined {
  return RULES.get(domain)?.get(op);
}
