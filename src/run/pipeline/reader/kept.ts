import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { findKept, keep } from "../../../base/node/kept.ts";
import { builtVersion } from "../../../base/node/version.ts";
import { isStillSo, type Seen } from "./beside.ts";
import type { Description, ReaderAsk } from "./messages.ts";

/** Folder of the cache in which is kept what models were read as. */
const FOLDER = "read";

/** A description, and what it depends on beside the model's file, the folder's own words and this program. */
interface Page {
  readonly description: Description;
  readonly seen: readonly Seen[];
  /** Bytes of what the model was converted to; null where it is run as it is, or is yet to be converted. */
  readonly converted: number | null;
}

/** As it is written: a page that was cut or edited is none. */
interface Written {
  readonly sha256: string;
  readonly text: string;
}

/**
 * What a model was read as before, where reading it would give the same: its file, those beside it, what the folder tells of it and
 * this program are those of then. All are held to their contents, since images of layers keep no times.
 * @param digest of the model's file
 */
export async function findDescription(ask: ReaderAsk, digest: string): Promise<Description | null> {
  const written = await findKept(join(ask.cache, FOLDER), keyOf(ask, digest), isWritten);
  if (written === null) return null;
  const { description, seen, converted } = JSON.parse(written.text) as Page;
  if (converted !== null && (await sizeOf(description.runnable?.path ?? "")) !== converted) return null;
  // What would be refused is refused by reading.
  const isSame = await isStillSo(seen).catch(() => false);
  return isSame ? description : null;
}

/** Keeps it where it can be kept. @param seen of the files beside it */
export async function keepDescription(
  ask: ReaderAsk,
  description: Description,
  seen: readonly Seen[],
): Promise<void> {
  const { path = ask.path } = description.runnable ?? {};
  const page: Page = { description, seen, converted: path === ask.path ? null : await sizeOf(path) };
  const text = JSON.stringify(page);
  // JSON knows no infinity, and no undefined.
  if (!isDeepStrictEqual(JSON.parse(text), page)) return;
  const value: Written = { sha256: digestOfText(text), text };
  // The next who wants it reads the model itself.
  await keep(join(ask.cache, FOLDER), keyOf(ask, description.digest), value).catch(() => {});
}

function keyOf({ path, found, cache }: ReaderAsk, digest: string): readonly unknown[] {
  return [builtVersion(), path, found, cache, digest];
}

function isWritten(value: unknown): value is Written {
  const { sha256, text } = (value ?? {}) as Partial<Written>;
  return typeof text === "string" && sha256 === digestOfText(text);
}

function digestOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.size ?? null;
}
