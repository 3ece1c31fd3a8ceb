import { stat } from "node:fs/promises";
import { findWhole, keepWhole } from "../../../base/node/kept.ts";
import { builtVersion } from "../../../base/node/version.ts";
import { readFolder } from "../parsed.ts";
import { isStillSo, type Seen } from "./beside.ts";
import type { Description, ReaderAsk } from "./messages.ts";

/** A description, and what it depends on beside the model's file, the folder's own words and this program. */
interface Page {
  readonly description: Description;
  readonly seen: readonly Seen[];
  /** Bytes of what the model was converted to; null where it is run as it is, or is yet to be converted. */
  readonly converted: number | null;
}

/**
 * What a model was read as before, where reading it would give the same: its file, those beside it, what the folder tells of it and
 * this program are those of then. All are held to their contents, since images of layers keep no times.
 * @param digest of the model's file
 */
export async function findDescription(ask: ReaderAsk, digest: string): Promise<Description | null> {
  const page = await findWhole<Page>(readFolder(ask.cache), keyOf(ask, digest));
  if (page === null) return null;
  const { description, seen, converted } = page;
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
  await keepWhole(readFolder(ask.cache), keyOf(ask, description.digest), page);
}

function keyOf({ path, found, cache }: ReaderAsk, digest: string): readonly unknown[] {
  return [builtVersion(), path, found, cache, digest];
}

async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.size ?? null;
}
