import { moduleStackOf, toPlainError } from "../base/errors/index.ts";
import { jsonLine, oneLine } from "./shown.ts";
import type { Terminal } from "./terminal.ts";

type Write = (details: object, message: string) => void;

/** What a running server tells whoever runs it: lines on stderr, with `--json` each a JSON object. */
export function serverLog(terminal: Terminal): { info: Write; warn: Write; error: Write } {
  const write =
    (level: string): Write =>
    (details, message) => {
      const { err, ...more } = details as { readonly err?: unknown };
      const { stack: own, ...problem } = err === undefined ? {} : toPlainError(err);
      const stack = moduleStackOf(err) ?? own;
      if (terminal.json) {
        const { code, message: text } = problem as { code?: string; message?: string };
        const line = { level, message, ...more, ...(code && { error: { code, message: text } }), stack };
        process.stderr.write(`${jsonLine(line)}\n`);
        return;
      }
      const where = Object.entries(more).map(([key, value]) => ` ${key}=${value}`);
      terminal.note(oneLine(`modelyard: ${level}: ${message}${where.join("")}`));
      if (err !== undefined) terminal.note(stack ?? String(err));
    };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}
