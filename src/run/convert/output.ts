import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { FORMATS } from "../../model/formats/table.ts";
import { writableFormat } from "../../model/formats/write.ts";

/**
 * Checks the path of a result before anything is read or worked out: a file in a folder that is there, of a format that can
 * be written, in the place of nothing that the original needs.
 * @param files of the original: the main one first
 * @returns the path, absolute
 * @throws CONVERT_OUTPUT, MODEL_FORMAT_NO_WRITER
 */
export async function checkOutput(out: string, files: readonly string[]): Promise<string> {
  const refuse = (problem: string) =>
    fail("CONVERT_OUTPUT", { path: out, problem, writable: writableExtensions() }, { where: out });
  const path = resolve(out);
  const info = await stat(path).catch(() => null);
  if (info?.isDirectory() || /[/\\]$/.test(out)) throw refuse("it is a folder");
  writableFormat(basename(path));
  const folder = await stat(dirname(path)).catch(() => null);
  if (!folder?.isDirectory()) throw refuse(`there is no folder ${dirname(out)}`);
  const place = await realpath(dirname(path));
  const written = [join(place, basename(path)), join(place, `${basename(path)}.data`)];
  const [main, ...beside] = await Promise.all(files.map((file) => realpath(file).catch(() => resolve(file))));
  // Onto itself a model may be written: then its other files are its own to replace.
  if (written[0] === main) return path;
  for (const needed of beside) {
    const taken = written.find((each) => each === needed);
    if (taken) throw refuse(`${basename(taken)} holds weights of the original`);
  }
  if (written[1] === main)
    throw refuse(`its weights would lie in ${basename(path)}.data, which is the original`);
  return path;
}

function writableExtensions(): string {
  return FORMATS.filter((format) => format.loadWriter)
    .flatMap((format) => format.extensions)
    .join(", ");
}
