import { createReadStream } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { fileError, makeFolder, openModelSink } from "../base/node/index.ts";
import { resolveSource, sha256Of } from "../run/hub/index.ts";
import { openProgress } from "./progress.ts";
import { bytes, type Terminal } from "./terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<source>", "https:… or npm:package@version/path")
    .argument("[folder]", "copy the file into this folder too")
    .option("--cache <folder>", "where fetched models are kept")
    .option("--sha256 <digest>", "refuse any other file")
    .addHelpText(
      "after",
      "\nExample:\n  $ modelyard pull npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx models/",
    )
    .action(
      async (source: string, folder: string | undefined, options: { cache?: string; sha256?: string }) => {
        const progress = openProgress(terminal, source);
        const resolved = await resolveSource(source, { ...options, onProgress: progress.update }).finally(
          progress.stop,
        );
        let { path } = resolved;
        if (folder !== undefined) {
          await makeFolder(folder);
          path = join(folder, basename(resolved.path));
          await copyWhole(resolved.path, path);
        }
        const sha256 = resolved.sha256 ?? (await sha256Of(path));
        terminal.answer(
          { source, path, sha256, bytes: resolved.bytes },
          () => `${path}\n  ${bytes(resolved.bytes)}, sha256 ${sha256}`,
        );
      },
    );
}

const PIECE = 2 ** 20;

/** Copies a file; whoever reads the copy sees all of it or nothing. @throws FILE_UNWRITABLE, FILE_DISK_FULL, FILE_UNREADABLE */
async function copyWhole(from: string, to: string): Promise<void> {
  if (resolve(from) === resolve(to)) return;
  const sink = await openModelSink(to);
  try {
    const out = await sink.main();
    for await (const piece of createReadStream(from, { highWaterMark: PIECE }))
      await out.write(piece as Uint8Array);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error instanceof Error && "syscall" in error ? fileError(from, error) : error;
  }
}
