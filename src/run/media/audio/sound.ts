/** Mono samples of −1..1. */
export interface Sound {
  readonly sampleRate: number;
  readonly samples: Float32Array;
  /** Loudest sample of each channel, 0 to 1, where a file had several. */
  readonly peaks?: readonly number[];
  /** What follows the samples in their file and is none of its parts: its length, as bytes and if it were sound. */
  readonly unread?: { readonly bytes: number; readonly seconds: number };
}

/**
 * Most samples of a sound, before and after its rate is changed: 2 hours and 20 minutes at 16 kHz, 512 MB.
 * Longer recordings are asked for in pieces.
 */
export const MAX_SAMPLES = 2 ** 27;
/** Rates of real recorders, the fastest for bats; beyond them the header lies. */
export const MIN_RATE = 1_000;
export const MAX_RATE = 384_000;
/** Channels of the largest mixing desks. */
export const MAX_CHANNELS = 256;
