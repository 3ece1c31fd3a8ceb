import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { fail } from "../../../base/errors/index.ts";
import type { KeyRow } from "../../store/store.ts";

/** What a key allows. `infer`: to see the models and ask them; `admin`: to see how the server is doing. Neither contains the other. */
export const SCOPES = ["infer", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Characters of a name; a table of keys shows it whole. */
const MAX_NAME = 100;
const ID_BYTES = 8;
/** 256 bits: no rate of guessing finds one, and so one round of a plain hash is enough to keep it by. */
const SECRET_BYTES = 32;
const SALT_BYTES = 16;

/** `mdy_<id>_<secret>`: the beginning is what scanners for leaked secrets look for. */
const KEY = /^mdy_([0-9a-f]{16})_([\w-]{43})$/;

/** The id within a key that was made here; undefined for any other text. */
export function idOf(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

/**
 * A new key, and what the database keeps of it.
 * @throws KEY_NAME
 */
export function makeKey(name: string, scopes: readonly Scope[], now: number): { key: string; row: KeyRow } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a name
  if (name.trim() === "" || name.length > MAX_NAME || /[\0-\x1f\x7f]/.test(name))
    throw fail("KEY_NAME", { name: JSON.stringify(name), most: MAX_NAME });
  const id = randomBytes(ID_BYTES).toString("hex");
  const key = `mdy_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const { salt, digest } = sealed(key);
  const row = { id, name, scopes: [...new Set(scopes)], salt, digest };
  return { key, row: { ...row, created: now, lastUsed: null, revoked: null } };
}

/** What a text is recognised by without being kept. */
export interface Seal {
  readonly salt: string;
  readonly digest: string;
}

export function sealed(text: string): Seal {
  const salt = randomBytes(SALT_BYTES).toString("hex");
  return { salt, digest: digestOf(salt, text) };
}

/** Takes as long whatever the text has in common with the right one. */
export function isSealed({ salt, digest }: Seal, text: string): boolean {
  const right = Buffer.from(digest);
  const found = Buffer.from(digestOf(salt, text));
  return right.length === found.length && timingSafeEqual(right, found);
}

function digestOf(salt: string, text: string): string {
  return hash("sha256", salt + text, "hex");
}
