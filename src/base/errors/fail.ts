import { CATALOGUE, type ErrorCode } from "./catalogue.ts";
import { type Details, ModelyardError } from "./error.ts";

/** The names between braces in a template: `Holes<"no {path} in {folder}">` is `"path" | "folder"`. */
type Holes<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;

type Row<C extends ErrorCode> = (typeof CATALOGUE)[C];
type DetailsOf<C extends ErrorCode> = Record<
  Holes<Row<C>["what"]> | Holes<Row<C>["hint"]>,
  string | number | bigint | boolean
>;

export interface Place {
  /** File and byte, node, tensor, line and key, route: as exact as is known. */
  where?: string;
  cause?: unknown;
}

/**
 * Makes the error of a catalogue row. Use it as `throw fail("FILE_NOT_FOUND", { path })`.
 * Text that comes from outside is shortened, so a hostile file cannot flood a terminal.
 */
export function fail<C extends ErrorCode>(code: C, details: DetailsOf<C>, place: Place = {}): ModelyardError {
  const row = CATALOGUE[code];
  return new ModelyardError(
    {
      code,
      message: fill(row.what, details),
      hint: fill(row.hint, details),
      http: row.http,
      grpc: row.grpc,
      details: Object.fromEntries(
        Object.entries(details as Details).map(([key, value]) => [key, shorten(value)]),
      ),
      ...(place.where === undefined ? {} : { where: String(shorten(place.where)) }),
    },
    place.cause,
  );
}

/** Longest text from outside that a message repeats. A path of 1,000 characters is still whole. */
const MAX_DETAIL = 1_000;

function shorten(value: string | number | bigint | boolean): string | number | bigint | boolean {
  return typeof value === "string" && value.length > MAX_DETAIL ? `${value.slice(0, MAX_DETAIL)}…` : value;
}

function fill(template: string, details: Details): string {
  return template.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = details[name];
    return value === undefined ? hole : String(shorten(value));
  });
}
