import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { resolveSource } from "../run/hub/index.ts";
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
          await mkdir(folder, { recursive: true });
          path = join(folder, basename(resolved.path));
          await copyFile(resolved.path, path);
        }
        const { sha256 } = resolved;
        terminal.answer(
          { source, path, sha256, bytes: resolved.bytes },
          () => `${path}\n  ${bytes(resolved.bytes)}, sha256 ${sha256}`,
        );
      },
    );
}
