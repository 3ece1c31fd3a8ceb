import type { ErrorRow } from "../error.ts";

export const CONTRACT_ERRORS = {} as const satisfies Record<string, ErrorRow>;
