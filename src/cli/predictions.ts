import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import { MAX_LIMIT, openStore, type PredictionRow } from "../serve/store/index.ts";
import { columns, type Terminal } from "./terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .option("--model <name>", "of this model only")
    .option("--status <code>", "with this HTTP status only")
    .option("--limit <n>", "at most so many, the newest first", "20")
    .option("--data <folder>", "where the database is kept")
    .addHelpText("after", "\nExample:\n  $ modelyard predictions --model mnist --limit 5")
    .action(async (options: { model?: string; status?: string; limit: string; data?: string }) => {
      const limit = numberOf("limit", options.limit);
      const status = options.status === undefined ? undefined : numberOf("status", options.status);
      const store = await openStore(options.data === undefined ? {} : { folder: options.data });
      try {
        const rows = await store.predictions({
          limit,
          ...(options.model === undefined ? {} : { model: options.model }),
          ...(status === undefined ? {} : { status }),
        });
        terminal.answer(rows, () =>
          rows.length === 0 ? "No prediction was recorded yet." : table(rows, terminal),
        );
      } finally {
        await store.close();
      }
    });
}

/** Characters of an answer that a line shows: of all where it is read by a program, of what has its place on a terminal. */
const MOST_SHOWN = 70;
const LEAST_SHOWN = 20;

function table(rows: readonly PredictionRow[], terminal: Terminal): string {
  const cells = rows.map((row) => [
    new Date(row.time).toISOString().replace("T", " ").slice(0, 19),
    row.model,
    row.version,
    String(row.status),
    `${row.durationMs.toFixed(1)} ms`,
  ]);
  const head = ["time", "model", "version", "status", "took"];
  const width = columns([head, ...cells, [""]], "").split("\n", 1)[0]?.length ?? 0;
  const shown = Math.min(Math.max(terminal.width - width - 4, LEAST_SHOWN), MOST_SHOWN);
  const answers = rows.map(({ answer }) =>
    answer.length > shown ? `${answer.slice(0, shown - 1)}…` : answer,
  );
  const all = [[...head, "answer"].map(terminal.dim), ...cells.map((row, i) => [...row, answers[i] ?? ""])];
  return columns(all, "");
}

/** @throws STORE_QUERY where it is no number */
function numberOf(field: string, text: string): number {
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number))
    throw fail("STORE_QUERY", { field, value: text, most: MAX_LIMIT });
  return number;
}
