import { freemem } from "node:os";
import { cgroupFolders, type ReadText, readText } from "./cgroups.ts";

/**
 * Bytes of memory that this process may still take: the least of what the machine has left (`available`) and of what
 * its cgroup, and every one above it, leaves below its limit (version 2 and version 1). What was read from files and not
 * touched since counts as free: the kernel drops it first. At least 0.
 *
 * Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html ("memory.max", "memory.high", "memory.current",
 * "memory.stat") and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html.
 */
export function countFreeMemory(read: ReadText, available: number): number {
  let least = available;
  for (const { version, path } of cgroupFolders(read, "memory")) {
    const number = (file: string) => numberIn(read(`${path}${file}`));
    const [limit, used, cached] =
      version === 2
        ? [
            Math.min(number("memory.max"), number("memory.high")),
            number("memory.current"),
            /^inactive_file (\d+)$/m,
          ]
        : [number("memory.limit_in_bytes"), number("memory.usage_in_bytes"), /^total_inactive_file (\d+)$/m];
    if (limit === Number.POSITIVE_INFINITY || used === Number.POSITIVE_INFINITY) continue;
    const [, droppable = "0"] = cached.exec(read(`${path}memory.stat`) ?? "") ?? [];
    least = Math.min(least, limit - used + Number(droppable));
  }
  return Math.max(0, least);
}

/** countFreeMemory of this process. On Linux `freemem` is what the kernel estimates as available, caches included. */
export function freeMemory(): number {
  return countFreeMemory(readText, freemem());
}

/** "max", and what is no number, is no limit. */
function numberIn(text: string | null): number {
  return /^\d+\s*$/.test(text ?? "") ? Number(text) : Number.POSITIVE_INFINITY;
}
