import type { ErrorRow } from "../error.ts";

export const TASK_ERRORS = {} as const satisfies Record<string, ErrorRow>;
