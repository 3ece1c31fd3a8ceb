import type { Command } from "commander";
import { openStore } from "../serve/store/index.ts";
import { columns, type Terminal } from "./terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .option("--model <name>", "of this model only")
    .option("--status <code>", "with this HTTP status only")
    .option("--limit <n>", "at most so many, the newest first", "20")
    .option("--data <folder>", "where the database is kept")
    .addHelpText("after", "\nExample:\n  $ modelyard predictions --model mnist --limit 5")
    .action(async (options: { model?: string; status?: string; limit: string; data?: string }) => {
      const store = await openStore(options.data === undefined ? {} : { folder: options.data });
      try {
        const rows = await store.predictions({
          limit: Number(options.limit),
          ...(options.model === undefined ? {} : { model: options.model }),
          ...(options.status === undefined ? {} : { status: Number(options.status) }),
        });
        terminal.answer(rows, () =>
          rows.length === 0
            ? "No prediction was recorded yet."
            : columns(
                [
                  ["time", "model", "version", "status", "took", "answer"].map(terminal.dim),
                  ...rows.map((row) => [
                    new Date(row.time).toISOString().replace("T", " ").slice(0, 19),
                    row.model,
                    row.version,
                    String(row.status),
                    `${row.durationMs.toFixed(1)} ms`,
                    row.answer.length > 70 ? `${row.answer.slice(0, 69)}…` : row.answer,
                  ]),
                ],
                "",
              ),
        );
      } finally {
        await store.close();
      }
    });
}
