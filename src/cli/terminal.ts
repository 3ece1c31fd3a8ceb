import { stripVTControlCharacters, styleText } from "node:util";
import { moduleStackOf, toPlainError } from "../base/errors/index.ts";
import { jsonLine, oneLine, shown } from "./shown.ts";

/** Where a command writes: answers on stdout, everything else on stderr. What a terminal would obey is shown escaped. */
export interface Terminal {
  /** A person's text, or with `--json` the value on one line. */
  answer(value: unknown, text: () => string): void;
  /** An answer of any length, line by line; a reader who goes away ends it. */
  lines(lines: Iterable<string>): Promise<void>;
  /** More of an answer for a person, on stdout; silent with `--json`, whose answer is whole at once. */
  more(text: string): void;
  /** A line for a person on stderr; silent with `--json`. */
  note(text: string): void;
  /**
   * What is odd about an input, on stderr: a line of text, or with `--json` a line `{"warning": "…", "input": "…"}`.
   * @param input where there are several, the one that is meant
   */
  warn(warning: string, input?: string): void;
  /** The error on stderr, as text or as JSON. */
  error(error: unknown): void;
  readonly json: boolean;
  /** Columns of a person's terminal; where stdout is none, lines are as long as they are. */
  readonly width: number;
  /** Whether a person watches stderr. */
  readonly interactive: boolean;
  bold(text: string): string;
  dim(text: string): string;
}

export function openTerminal(json: boolean): Terminal {
  const stream = process.stdout;
  // `… | head`: what nobody reads is not written, and nothing is wrong.
  for (const each of [stream, process.stderr]) if (each.listenerCount("error") === 0) each.on("error", leave);
  const style = (format: "bold" | "dim", text: string) => (stream.isTTY ? styleText(format, text) : text);
  // Where nothing is styled, a style comes from a file.
  const print = (text: string) => stream.write(shown(text, stream.isTTY));
  return {
    json,
    width: stream.isTTY ? Math.max(stream.columns ?? 80, 40) : Number.POSITIVE_INFINITY,
    interactive: process.stderr.isTTY === true && !json,
    answer(value, text) {
      if (json) stream.write(`${jsonLine(value, plain)}\n`);
      else print(`${text()}\n`);
    },
    more(text) {
      if (!json) print(`${text}\n`);
    },
    lines: (lines) => writeLines(stream, lines),
    note(text) {
      if (!json) process.stderr.write(shown(`${text}\n`));
    },
    warn(warning, input) {
      const about = input === undefined ? "" : `${input}: `;
      const line = json ? JSON.stringify({ warning, input }) : `warning: ${about}${warning}`;
      process.stderr.write(`${line}\n`);
    },
    error(error) {
      const { code, message, where, hint } = toPlainError(error);
      const stack = moduleStackOf(error) ?? undefined;
      if (json) {
        process.stderr.write(`${jsonLine({ error: { code, message, where, hint, stack } })}\n`);
        return;
      }
      // Further lines of a message are indented further than what follows it, which they could pretend to be.
      const lines = [`modelyard: ${message.replaceAll("\n", "\n    ")}`];
      if (where !== undefined) lines.push(`  where: ${oneLine(where)}`);
      if (hint) lines.push(`  to do: ${hint}`);
      lines.push(`  code:  ${code}`);
      if (code === "INTERNAL" && error instanceof Error && error.stack) lines.push(error.stack);
      if (stack !== undefined) lines.push(stack);
      process.stderr.write(shown(`${lines.join("\n")}\n`));
    },
    bold: (text) => style("bold", text),
    dim: (text) => style("dim", text),
  };
}

/** Lines are written in pieces of about this many characters. */
const PIECE = 64 * 1024;

function leave(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

async function writeLines(stream: NodeJS.WriteStream, lines: Iterable<string>): Promise<void> {
  let gone = false;
  const note = () => {
    gone = true;
  };
  stream.on("error", note);
  try {
    let piece: string[] = [];
    let length = 0;
    const flush = () =>
      new Promise<void>((done) => {
        // Called when it is written, or when it cannot be: what went wrong is the listener's.
        stream.write(piece.join(""), () => done());
        piece = [];
        length = 0;
      });
    for (const line of lines) {
      piece.push(shown(line), "\n");
      length += line.length + 1;
      if (length < PIECE) continue;
      await flush();
      if (gone) return;
    }
    await flush();
  } finally {
    stream.off("error", note);
  }
}

/** 64-bit integers leave as numbers where these hold them exactly, else as decimal strings. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

/** A longer cell stands out of its column: one name of a megabyte is not to widen each of a million rows. */
const WIDEST = 200;
/** Columns of a terminal below which a last cell is not folded beside the others, but below them. */
const LEAST_BESIDE = 24;

/**
 * Rows as aligned columns; the last column is not padded. Cells are one line each, whatever their text.
 * @param width columns of the terminal: what is longer is folded at spaces, the rest of a cell under its beginning
 */
export function columns(
  texts: readonly (readonly string[])[],
  indent = "  ",
  width = Number.POSITIVE_INFINITY,
): string {
  const rows = texts.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      const length = shownLength(cell);
      if (length <= WIDEST && column < row.length - 1) widths[column] = Math.max(widths[column] ?? 0, length);
    });
  }
  return rows
    .flatMap((row) => {
      const cells = row.map(
        (cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - shownLength(cell))),
      );
      const line = (indent + cells.join("  ")).trimEnd();
      if (shownLength(line) <= width || row.length === 0) return [line];
      const before =
        indent +
        cells
          .slice(0, -1)
          .map((cell) => `${cell}  `)
          .join("");
      const room = width - shownLength(before);
      const beside = " ".repeat(shownLength(before));
      const last = row.at(-1) ?? "";
      if (room >= LEAST_BESIDE) return fold(last, room).map((part, i) => (i === 0 ? before : beside) + part);
      const under = `${indent}    `;
      const first = before.trim() === "" ? [] : wrap(before.trim(), indent, width);
      return [...first, ...fold(last, width - under.length).map((part) => under + part)];
    })
    .join("\n");
}

/** Characters that a terminal shows of a text with colours. */
function shownLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** A text as lines of at most so many characters, broken at spaces; a longer word has a line of its own. */
function fold(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Whether every line of a text has its place on a terminal of so many columns. */
export function fits(text: string, width: number): boolean {
  return text.split("\n").every((line) => line.length <= width);
}

/** A paragraph as lines of at most so many columns, broken at spaces; all but the first are indented further. */
export function wrap(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of oneLine(text).split(" ")) {
    if (line.length + word.length > width && line.trim() !== "") {
      lines.push(line.trimEnd());
      line = `${indent}  `;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** 26454 → "26 kB"; decimal units, as disks and networks count. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** "1 operator", "12 operators". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
