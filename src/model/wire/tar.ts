import type { ByteSource } from "../../base/sources/source.ts";

/** POSIX.1-2001, ustar: a header is one block, as long as the unit in which files are padded. */
const BLOCK = 512;
/** Headers that are looked at: what an archive is, its first files tell. */
const MAX_HEADERS = 100;

const LATIN1 = new TextDecoder("latin1");

/**
 * Names of the first files of a tar archive, at most 100; as many as can be told where it is damaged. Only headers are read.
 */
export async function tarNames(source: ByteSource, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let at = 0;
  for (let i = 0; i < MAX_HEADERS && at + BLOCK <= source.size; i++) {
    const header = LATIN1.decode(await source.read(at, BLOCK, signal));
    const name = field(header, 0, 100);
    // Larger files than 8 GB are written in another way, which no name depends on.
    const size = Number.parseInt(field(header, 124, 12).trim(), 8);
    if (name === "" || !header.startsWith("ustar", 257) || !Number.isSafeInteger(size)) break;
    const isFile = /^[0\0]$/.test(header.charAt(156));
    if (isFile) names.push(name.replace(/^\.\//, ""));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return names;
}

function field(header: string, at: number, length: number): string {
  return header.slice(at, at + length).split("\0", 1)[0] as string;
}
