import { readFile } from "node:fs/promises";

/**
 * Bytes of memory that this process takes: each page by how many processes share it (the proportional set size of Linux,
 * proc_pid_smaps(5)); elsewhere all that is resident.
 */
export async function ownMemory(): Promise<number> {
  return (await sharedOut("self")) ?? process.memoryUsage.rss();
}

/** The same of another process; 0 where the system does not tell, or the process is gone. */
export async function memoryOf(pid: string): Promise<number> {
  return (await sharedOut(pid)) ?? 0;
}

async function sharedOut(pid: string): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
