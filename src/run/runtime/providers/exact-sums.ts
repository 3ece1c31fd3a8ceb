/**
 * Processors for x64 without VNNI add two products of uint8 and int8 in 16 bits, where they may not fit, and the runtime takes that into
 * account unless it is told otherwise (kOrtSessionOptionsAvx2PrecisionMode): half of the range of a convolution was lost so. Told, it
 * holds int8 weights as uint8 ones on such processors, whose products it adds in 32 bits; on all others nothing changes.
 */
export const EXACT_SUMS = { x64quantprecision: "1" } as const;
