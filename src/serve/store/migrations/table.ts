import type { Migration } from "kysely";
import * as first from "./0001-models-and-predictions.ts";
import * as second from "./0002-answerers.ts";
import * as third from "./0003-keys.ts";

/** Every step of the schema, by name, in order. A step that was released is never changed: the next one mends it. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-models-and-predictions": first,
  "0002-answerers": second,
  "0003-keys": third,
};
