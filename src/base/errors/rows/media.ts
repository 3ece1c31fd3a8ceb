import type { ErrorRow } from "../error.ts";

export const MEDIA_ERRORS = {} as const satisfies Record<string, ErrorRow>;
