/** The real models that do not convert or disagree yet, and why. Every one that is named here must fail. */
export const REAL_NOT_YET: ReadonlyMap<string, string> = new Map<string, string>([]);
