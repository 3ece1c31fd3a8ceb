import { availableParallelism } from "node:os";
import { cgroupFolders, type ReadText, readText } from "./cgroups.ts";

/**
 * Processors that this process may really use: the least of what the scheduler grants (`available`), the CPU
 * quota of its cgroup and every one above it (version 2 and version 1), and the cpuset. Rounded down, since a
 * thread more than the quota is only throttled; at least 1.
 *
 * Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html ("cpu.max", "cpuset.cpus.effective") and
 * https://docs.kernel.org/scheduler/sched-bwc.html (version 1).
 */
export function countCpus(read: ReadText, available: number): number {
  let least = available;
  for (const { version, path } of cgroupFolders(read, "cpu")) {
    const quota =
      version === 2
        ? quotaV2(read(`${path}cpu.max`))
        : quotaV1(read(`${path}cpu.cfs_quota_us`), read(`${path}cpu.cfs_period_us`));
    least = Math.min(least, quota);
  }
  for (const { version, path } of cgroupFolders(read, "cpuset")) {
    const file = version === 2 ? "cpuset.cpus.effective" : "cpuset.cpus";
    least = Math.min(least, setSize(read(`${path}${file}`)));
  }
  return Math.max(1, Math.floor(least));
}

/** countCpus of this process, read anew each time: limits may change while a container runs. */
export function availableCpus(): number {
  return countCpus(readText, availableParallelism());
}

/** "max 100000" or "50000 100000" */
function quotaV2(text: string | null): number {
  const [quota, period] = (text ?? "max").trim().split(/\s+/);
  return ratio(Number(quota === "max" ? Number.NaN : quota), Number(period));
}

/** A quota of -1 means none. */
function quotaV1(quota: string | null, period: string | null): number {
  return ratio(Number(quota ?? -1), Number(period ?? 0));
}

function ratio(quota: number, period: number): number {
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY;
}

/** Number of processors in a list like "0-3,8". */
function setSize(text: string | null): number {
  let count = 0;
  for (const range of (text ?? "").trim().split(",")) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first !== undefined) count += Number(last ?? first) - Number(first) + 1;
  }
  return count > 0 ? count : Number.POSITIVE_INFINITY;
}
