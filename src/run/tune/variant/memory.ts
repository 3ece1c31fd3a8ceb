import { readFile } from "node:fs/promises";

/**
 * Bytes of memory that this process takes: each page by how many processes share it (the proportional set size of Linux,
 * proc_pid_smaps(5)); elsewhere all that is resident.
 */
export async function ownMemory(): Promise<number> {
  const text = await readFile("/proc/self/smaps_rollup", "utf8").catch(() => "");
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1024;
}
