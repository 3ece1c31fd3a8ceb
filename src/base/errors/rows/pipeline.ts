import type { ErrorRow } from "../error.ts";

export const PIPELINE_ERRORS = {} as const satisfies Record<string, ErrorRow>;
