import type { Migration } from "kysely";
import * as first from "./0001-models-and-predictions.ts";
import * as second from "./0002-answerers.ts";
import * as third from "./0003-keys.ts";
import type { STEPS } from "./steps.ts";

/** What each step of the schema does. */
export const MIGRATIONS: Readonly<Record<(typeof STEPS)[number], Migration>> = {
  "0001-models-and-predictions": first,
  "0002-answerers": second,
  "0003-keys": third,
};
