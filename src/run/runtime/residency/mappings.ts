import { readFileSync } from "node:fs";

/** Bytes of a process's memory, each page divided by the number of processes and places that have it. */
export interface Memory {
  /** What is no file's: heaps, stacks, and what was copied on writing. */
  readonly anonymous: number;
  /** What is mapped from one file. */
  readonly file: number;
}

const KB = 1024;

/**
 * Proportional set size of a process: of its anonymous memory and of one file that it maps. The program's own code and its
 * libraries are left out: all processes share them, however many models there are.
 * @param path of the file; null: none
 * @throws FILE_NOT_FOUND's cause (ENOENT) where the process is gone or the system has no /proc
 */
export function readMemory(pid: number | "self", path: string | null): Memory {
  return sumMappings(readFileSync(`/proc/${pid}/smaps`, "latin1"), path);
}

/** Source: https://docs.kernel.org/filesystems/proc.html, "smaps". @param text of that file */
export function sumMappings(text: string, path: string | null): Memory {
  let [anonymous, file] = [0, 0];
  let kind: "anonymous" | "file" | "other" = "other";
  for (const line of text.split("\n")) {
    const head = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$/.exec(line);
    if (head) {
      const name = head[1] ?? "";
      kind = name === path ? "file" : name === "" || name.startsWith("[") ? "anonymous" : "other";
      continue;
    }
    const [, field, amount] = /^(Pss|Anonymous):\s+(\d+) kB/.exec(line) ?? [];
    if (field === "Pss" && kind === "anonymous") anonymous += KB * Number(amount);
    else if (field === "Pss" && kind === "file") file += KB * Number(amount);
    // Pages of a library that were written to, as its tables of addresses are, are the process's own.
    else if (field === "Anonymous" && kind === "other") anonymous += KB * Number(amount);
  }
  return { anonymous, file };
}

/** Most bytes that a process has had resident so far, and has now. */
export function readPeak(pid: number | "self"): { readonly peak: number; readonly now: number } {
  const text = readFileSync(`/proc/${pid}/status`, "latin1");
  const of = (name: string) => KB * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return { peak: of("VmHWM"), now: of("VmRSS") };
}
