import { oneLine } from "./shown.ts";
import type { Terminal } from "./terminal.ts";
import { bytes } from "./terminal.ts";

/** Work under a second shows nothing. */
const SHOW_AFTER_MS = 1_000;

export interface Progress {
  update(done: number, total: number): void;
  /** Says what is being done now, where nobody knows how much of it is left. */
  say(doing: string): void;
  stop(): void;
}

/** A bar on stderr for a person who waits; nothing when stderr is no terminal or the work is short. */
export function openProgress(terminal: Terminal, label: string): Progress {
  if (!terminal.interactive) return { update() {}, say() {}, stop() {} };
  const started = Date.now();
  let bar: {
    start(total: number, value: number, payload: object): void;
    update(value: number, payload: object): void;
    setTotal(total: number): void;
    stop(): void;
  } | null = null;
  let opening = false;
  let saying: NodeJS.Timeout | undefined;
  let said = false;
  let latest = { done: 0, total: 0 };
  const payload = () => ({
    amount: `${bytes(latest.done)} of ${latest.total > 0 ? bytes(latest.total) : "?"}`,
  });
  const clear = () => {
    clearTimeout(saying);
    opening = false;
    bar?.stop();
    bar = null;
    if (said) process.stderr.write("\r\x1b[K");
    said = false;
  };
  return {
    say(doing) {
      clear();
      const show = () => {
        said = true;
        process.stderr.write(oneLine(`${label}: ${doing} …`));
      };
      saying = setTimeout(show, Math.max(0, SHOW_AFTER_MS - (Date.now() - started)));
    },
    update(done, total) {
      if (said) clear();
      clearTimeout(saying);
      latest = { done, total };
      if (bar) {
        bar.setTotal(Math.max(total, done, 1));
        bar.update(done, payload());
      } else if (!opening && Date.now() - started > SHOW_AFTER_MS) {
        opening = true;
        void import("cli-progress").then(({ default: cliProgress }) => {
          if (!opening) return;
          bar = new cliProgress.SingleBar({
            ...barOf(oneLine(label), process.stderr.columns ?? 80),
            stream: process.stderr,
            clearOnComplete: true,
            hideCursor: true,
          });
          bar.start(Math.max(latest.total, 1), latest.done, payload());
        });
      }
    },
    stop: clear,
  };
}

/** What stands beside the bar: " [] 100% 999 MB of 999 MB". */
const BESIDE = 25;
const LONGEST_BAR = 40;
const SHORTEST_BAR = 10;

/**
 * A bar that has its place on a line: a terminal cuts off what has not, and the figures stand last. What a source ends with
 * tells it from others.
 * @param columns of the terminal
 */
export function barOf(label: string, columns: number): { format: string; barsize: number } {
  const room = columns - 1 - BESIDE;
  const barsize = Math.min(Math.max(room - label.length, SHORTEST_BAR), LONGEST_BAR);
  const most = Math.max(room - barsize, 1);
  const shown = label.length > most ? `…${label.slice(label.length - most + 1)}` : label;
  // Braces would be taken for fields of the format.
  return { format: `${shown.replace(/[{}]/g, "_")} [{bar}] {percentage}% {amount}`, barsize };
}
