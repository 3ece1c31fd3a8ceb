import type { ErrorRow } from "../error.ts";

export const STORE_ERRORS = {} as const satisfies Record<string, ErrorRow>;
