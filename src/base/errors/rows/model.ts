import type { ErrorRow } from "../error.ts";

export const MODEL_ERRORS = {} as const satisfies Record<string, ErrorRow>;
