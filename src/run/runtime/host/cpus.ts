import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The text of a file, or null where there is none. */
export type ReadText = (path: string) => string | null;

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
  for (const line of (read("/proc/self/cgroup") ?? "0::/").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const names = controllers.split(",");
    for (const folder of upwards(path)) {
      if (controllers === "") {
        const root = `/sys/fs/cgroup${folder}`;
        least = Math.min(
          least,
          quotaV2(read(`${root}cpu.max`)),
          setSize(read(`${root}cpuset.cpus.effective`)),
        );
      }
      if (names.includes("cpu")) {
        const root = `/sys/fs/cgroup/${mount(read, controllers, "cpu")}${folder}`;
        least = Math.min(least, quotaV1(read(`${root}cpu.cfs_quota_us`), read(`${root}cpu.cfs_period_us`)));
      }
      if (names.includes("cpuset")) {
        const root = `/sys/fs/cgroup/${mount(read, controllers, "cpuset")}${folder}`;
        least = Math.min(least, setSize(read(`${root}cpuset.cpus`)));
      }
    }
  }
  return Math.max(1, Math.floor(least));
}

/** countCpus of this process, read anew each time: limits may change while a container runs. */
export function availableCpus(): number {
  return countCpus(readText, availableParallelism());
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No such file on other systems, or with another version of cgroups: then it sets no limit.
    return null;
  }
}

/** "/a/b" → "/a/b/", "/a/", "/". Inside a container the path may name what only the host sees: then only "/" reads. */
function upwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  const folders = ["/"];
  for (const part of parts) folders.unshift(`${folders[0]}${part}/`);
  return folders;
}

/** Version 1 mounts "cpu,cpuacct" under either that name or a link called "cpu". */
function mount(read: ReadText, controllers: string, name: string): string {
  return read(`/sys/fs/cgroup/${name}/cgroup.procs`) === null ? controllers : name;
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
