import type { Pixels } from "../../tasks/index.ts";

/**
 * What a value is: JSON Schema's words for plain values, as tasks say what they answer, and two more types: `image` (a picture's
 * file, or its pixels) and `audio` (a sound's file). An empty schema is anything.
 */
export type Schema = Readonly<Record<string, unknown>>;

/** Where a value is not what a schema says. */
export interface Misfit {
  /** "at lines[3].text", or "at the top". */
  readonly place: string;
  readonly found: string;
  readonly wanted: string;
}

/** Deeper values are not looked at, and deeper schemas are refused when they are read. */
export const MAX_DEPTH = 32;

/** Every type that a schema may name. */
export const TYPES = [
  "string",
  "number",
  "integer",
  "boolean",
  "null",
  "object",
  "array",
  "image",
  "audio",
] as const;

/** A schema in words for a message. */
export function describeSchema(schema: Schema): string {
  const { type, items, enum: words } = schema;
  if (Array.isArray(words)) return `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`;
  const options = choicesOf(schema);
  if (options) return options.map(describeSchema).join(" or ");
  if (type === "array") return isSchema(items) ? `a list of ${plural(describeSchema(items))}` : "a list";
  if (type === "object") {
    const names = requiredOf(schema);
    return names.length === 0 ? "an object" : `an object with ${names.join(", ")}`;
  }
  const words_: Readonly<Record<string, string>> = {
    string: "a text",
    number: "a number",
    integer: "a whole number",
    boolean: "true or false",
    null: "null",
    image: "a picture",
    audio: "a sound",
  };
  return typeof type === "string" ? (words_[type] ?? type) : "anything";
}

function plural(words: string): string {
  return words.replace(/^(?:an?) (\S+)/, (_, noun: string) => (noun === "list" ? "lists" : `${noun}s`));
}

/** The first place where a value is not what the schema says; null where it is. */
export function misfitOf(value: unknown, schema: Schema, place = "", depth = 0): Misfit | null {
  const miss = (wanted = describeSchema(schema)): Misfit => ({
    place: place === "" ? "at the top" : `at ${place}`,
    found: describeValue(value),
    wanted,
  });
  if (depth > MAX_DEPTH) return null;
  const options = choicesOf(schema);
  if (options) {
    return options.some((option) => misfitOf(value, option, place, depth + 1) === null) ? null : miss();
  }
  if (Array.isArray(schema.enum)) return schema.enum.includes(value) ? null : miss();
  if (typeof schema.type !== "string") return null;
  if (!isOfType(value, schema.type)) return miss();
  if (typeof schema.minimum === "number" && (value as number) < schema.minimum)
    return miss(`at least ${schema.minimum}`);
  if (typeof schema.maximum === "number" && (value as number) > schema.maximum)
    return miss(`at most ${schema.maximum}`);
  if (schema.type === "array" && isSchema(schema.items)) {
    for (const [i, item] of (value as unknown[]).entries()) {
      const misfit = misfitOf(item, schema.items, `${place}[${i}]`, depth + 1);
      if (misfit) return misfit;
    }
  }
  if (schema.type !== "object") return null;
  const fields = value as Record<string, unknown>;
  const at = (key: string) => (place === "" ? key : `${place}.${key}`);
  for (const key of requiredOf(schema)) {
    if (Object.hasOwn(fields, key) && fields[key] !== undefined) continue;
    return { place: `at ${at(key)}`, found: "nothing", wanted: describeSchema(propertyOf(schema, key)) };
  }
  for (const [key, inner] of Object.entries((schema.properties ?? {}) as Record<string, unknown>)) {
    if (!Object.hasOwn(fields, key) || fields[key] === undefined || !isSchema(inner)) continue;
    const misfit = misfitOf(fields[key], inner, at(key), depth + 1);
    if (misfit) return misfit;
  }
  return null;
}

/** The first place of what JSON has no word for, or none that ends: a bigint, or a value within itself; null where all has. */
export function unwritableOf(value: unknown): Misfit | null {
  const path: string[] = [];
  const within = new Set<unknown>();
  const find = (inner: unknown): Omit<Misfit, "place"> | null => {
    if (typeof inner === "bigint") return { found: "a bigint", wanted: "a number or a text" };
    if (typeof inner !== "object" || inner === null || ArrayBuffer.isView(inner)) return null;
    if (within.has(inner)) return { found: "what holds itself", wanted: "plain data" };
    if (path.length > MAX_NESTED) return { found: `more than ${MAX_NESTED} levels`, wanted: "plain data" };
    within.add(inner);
    for (const [key, each] of Array.isArray(inner) ? inner.entries() : Object.entries(inner)) {
      path.push(typeof key === "number" ? `[${key}]` : `.${key}`);
      const found = find(each);
      if (found) return found;
      path.pop();
    }
    within.delete(inner);
    return null;
  };
  const found = find(value);
  const place = path.join("").replace(/^\./, "").slice(0, MAX_PLACE);
  return found && { place: place === "" ? "at the top" : `at ${place}`, ...found };
}

/** Levels of an answer: JSON is written and read level within level, and their number is whoever's who wrote the module. */
const MAX_NESTED = 1_000;
/** Characters of a place in a message. */
const MAX_PLACE = 200;

/** Whether every value of one schema may be one of the other, as far as both say; what a schema leaves open, fits. */
export function meets(given: Schema, wanted: Schema, depth = 0): boolean {
  if (depth > MAX_DEPTH) return true;
  const gives = choicesOf(given);
  if (gives) return gives.some((option) => meets(option, wanted, depth + 1));
  const takes = choicesOf(wanted);
  if (takes) return takes.some((option) => meets(given, option, depth + 1));
  const [from, to] = [given.type, wanted.type];
  if (typeof from !== "string" || typeof to !== "string") return true;
  if (from !== to) return from === "integer" && to === "number";
  if (from === "array")
    return !isSchema(given.items) || !isSchema(wanted.items) || meets(given.items, wanted.items, depth + 1);
  if (from !== "object" || !isSchema(given.properties)) return true;
  return requiredOf(wanted).every((key) => {
    if (!Object.hasOwn(given.properties as object, key)) return isSchema(given.additionalProperties);
    return meets(propertyOf(given, key), propertyOf(wanted, key), depth + 1);
  });
}

/** What lies at a path into values of a schema; null where there is no such thing, an empty schema where nothing is said. */
export function schemaAt(schema: Schema, path: readonly string[]): Schema | null {
  let at: Schema = schema;
  for (const key of path) {
    if (typeof at.type !== "string") return {};
    if (at.type === "array" && /^\d+$/.test(key)) {
      at = isSchema(at.items) ? at.items : {};
      continue;
    }
    if (at.type !== "object") return null;
    if (isSchema(at.properties) && Object.hasOwn(at.properties, key)) at = propertyOf(at, key);
    else if (isSchema(at.additionalProperties)) at = at.additionalProperties;
    else return at.properties === undefined ? {} : null;
  }
  return at;
}

/** Of what several schemas are the parts. */
export function objectOf(parts: ReadonlyMap<string, Schema>): Schema {
  return { type: "object", required: [...parts.keys()], properties: Object.fromEntries(parts) };
}

/** Whether values of a schema hold a type anywhere. */
export function holdsType(schema: Schema, type: string, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  if (schema.type === type) return true;
  const inner = [
    ...(choicesOf(schema) ?? []),
    ...(isSchema(schema.items) ? [schema.items] : []),
    ...(isSchema(schema.properties) ? Object.values(schema.properties) : []),
  ];
  return inner.some((each) => isSchema(each) && holdsType(each, type, depth + 1));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function propertyOf(schema: Schema, key: string): Schema {
  const { properties } = schema;
  const inner = isSchema(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
  return isSchema(inner) ? inner : {};
}

function requiredOf(schema: Schema): readonly string[] {
  return Array.isArray(schema.required) ? (schema.required as string[]) : [];
}

function choicesOf({ anyOf, oneOf, type, ...rest }: Schema): readonly Schema[] | null {
  const options = anyOf ?? oneOf;
  if (Array.isArray(options)) return options.filter(isSchema);
  return Array.isArray(type) ? type.map((each) => ({ ...rest, type: each })) : null;
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "null") return value === null;
  if (type === "integer") return Number.isInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  if (type === "image") return value instanceof Uint8Array || isPixels(value) || typeof value === "string";
  if (type === "audio") return value instanceof Uint8Array || typeof value === "string";
  if (type !== "object") return typeof value === type;
  return isSchema(value) && !ArrayBuffer.isView(value);
}

export function isPixels(value: unknown): value is Pixels {
  if (!isSchema(value)) return false;
  const { width, height, channels, data } = value as Partial<Pixels>;
  const isSide = (side: unknown) => Number.isSafeInteger(side) && (side as number) > 0;
  if (!isSide(width) || !isSide(height) || ![1, 3, 4].includes(channels as number)) return false;
  return (
    data instanceof Uint8Array &&
    data.length === (width as number) * (height as number) * (channels as number)
  );
}

function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (isPixels(value)) return "a picture";
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") {
    const keys = Object.keys(value).slice(0, 8);
    return keys.length === 0 ? "an empty object" : `an object with ${keys.join(", ").slice(0, 80)}`;
  }
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 40))}`;
  return typeof value === "number" ? `the number ${value}` : `a ${typeof value}`;
}
