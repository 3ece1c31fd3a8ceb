import type { ErrorRow } from "../error.ts";

export const RUNTIME_ERRORS = {} as const satisfies Record<string, ErrorRow>;
