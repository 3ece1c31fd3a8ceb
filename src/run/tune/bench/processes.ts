import { readdir, readFile } from "node:fs/promises";
import type { Usage } from "../load/subject.ts";
import { memoryOf, ownMemory } from "../variant/memory.ts";

/** Clock ticks of a second in Linux's /proc, on every processor that Node runs on (proc_pid_stat(5): sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

/** In the fields after the name of /proc/<pid>/stat: utime and stime, and cutime and cstime of children that have ended. */
const OWN = [11, 12];
const ENDED = [13, 14];

/**
 * What this process and those that it has started have used: models may answer in processes of their own. Where the system does
 * not tell of other processes (without /proc), of this one alone.
 */
export async function usageOfAll(): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  const children = await childrenOfThis();
  if (children.length === 0) {
    return {
      cpuSeconds: own + (await ticksOf("self", ENDED)) / TICKS,
      residentBytes: process.memoryUsage.rss(),
    };
  }
  const ticks = await Promise.all([ticksOf("self", ENDED), ...children.map((pid) => ticksOf(pid, OWN))]);
  const memory = await Promise.all([ownMemory(), ...children.map(memoryOf)]);
  return { cpuSeconds: own + sum(ticks) / TICKS, residentBytes: sum(memory) };
}

/** A child belongs to the thread that started it. */
async function childrenOfThis(): Promise<string[]> {
  const threads = await readdir("/proc/self/task").catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/self/task/${thread}/children`, "latin1").catch(() => "")),
  );
  return lists.flatMap((list) => list.split(" ").filter((pid) => pid !== ""));
}

/** 0 of a process that is gone: its time is among that of the ended. */
async function ticksOf(pid: string, fields: readonly number[]): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  // The name, in parentheses, may hold anything.
  const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return sum(fields.map((field) => Number(rest[field] ?? 0)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
