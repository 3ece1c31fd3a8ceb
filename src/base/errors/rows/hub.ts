import type { ErrorRow } from "../error.ts";

export const HUB_ERRORS = {} as const satisfies Record<string, ErrorRow>;
