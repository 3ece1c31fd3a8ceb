import type { ErrorRow } from "../error.ts";

export const SERVE_ERRORS = {} as const satisfies Record<string, ErrorRow>;
