import type { RuntimeOptions } from "../worker/messages.ts";

/**
 * Processors for x64 without VNNI add two products of uint8 and int8 in 16 bits, where they may not fit, and the runtime takes that into
 * account unless it is told otherwise (kOrtSessionOptionsAvx2PrecisionMode): half of the range of a convolution was lost so. Told, it
 * holds int8 weights as uint8 ones on such processors, whose products it adds in 32 bits; on all others nothing changes.
 */
export const EXACT_SUMS = { x64quantprecision: "1" } as const;

/** What the runtime (1.30) says where two nodes share a zero point of their weights: it makes the uint8 one of each under one name. */
const MADE_TWICE = /Attempt to replace the existing tensor/;

/**
 * Options under which such a model is loaded all the same: what stands between QuantizeLinear and DequantizeLinear is computed in float32.
 * @returns null where something else is wrong
 */
export function withFloatSums(options: RuntimeOptions, problem: unknown): RuntimeOptions | null {
  const { extra } = options as { extra?: { session?: Readonly<Record<string, unknown>> } };
  const { x64quantprecision: asked, ...session } = extra?.session ?? {};
  if (asked !== EXACT_SUMS.x64quantprecision || !MADE_TWICE.test(String(problem))) return null;
  return { ...options, extra: { ...extra, session: { ...session, disable_quant_qdq: "1" } } };
}
