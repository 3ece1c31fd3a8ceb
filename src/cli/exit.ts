/**
 * Exit codes: 0; 1 for anything wrong with a file, a model, a device, the network or the data; 2 for usage; 3 where the work is done
 * but could not be verified, which was asked for.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, unverified: 3 } as const;
