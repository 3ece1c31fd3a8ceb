import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { availableCpus, countCpus } from "../../src/run/runtime/index.ts";

/** File contents as a kernel shows them inside a container or on a host. */
const machines: [what: string, available: number, files: Record<string, string>, cpus: number][] = [
  ["no cgroups at all, as on macOS", 8, {}, 8],
  ["version 2, no limit", 8, { "/sys/fs/cgroup/cpu.max": "max 100000\n" }, 8],
  ["version 2, half a processor", 8, { "/sys/fs/cgroup/cpu.max": "50000 100000\n" }, 1],
  ["version 2, one and a half", 8, { "/sys/fs/cgroup/cpu.max": "150000 100000\n" }, 1],
  ["version 2, two", 8, { "/sys/fs/cgroup/cpu.max": "200000 100000\n" }, 2],
  ["version 2, more than there are", 2, { "/sys/fs/cgroup/cpu.max": "800000 100000\n" }, 2],
  ["version 2, a cpuset of three", 8, { "/sys/fs/cgroup/cpuset.cpus.effective": "0-1,5\n" }, 3],
  [
    "version 2 on a host: the slice above is the tighter one",
    16,
    {
      "/proc/self/cgroup": "0::/system.slice/modelyard.service\n",
      "/sys/fs/cgroup/system.slice/modelyard.service/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/system.slice/cpu.max": "300000 100000\n",
    },
    3,
  ],
  [
    "version 1, a quota in a container whose path only the host knows",
    8,
    {
      "/proc/self/cgroup": "4:cpu,cpuacct:/docker/0123\n3:cpuset:/docker/0123\n0::/\n",
      "/sys/fs/cgroup/cpu/cgroup.procs": "1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    2,
  ],
  [
    "version 1 without the short name, no quota, a cpuset",
    8,
    {
      "/proc/self/cgroup": "4:cpu,cpuacct:/\n3:cpuset:/\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpuset/cgroup.procs": "1\n",
      "/sys/fs/cgroup/cpuset/cpuset.cpus": "2-5\n",
    },
    4,
  ],
  [
    "nonsense in the files",
    4,
    { "/sys/fs/cgroup/cpu.max": "banana\n", "/proc/self/cgroup": "\0\n0::/\n" },
    4,
  ],
  ["a quota of nothing", 4, { "/sys/fs/cgroup/cpu.max": "0 0\n" }, 4],
];

test.each(machines)("%s", (_, available, files, cpus) => {
  expect(countCpus((path) => files[path] ?? null, available)).toBe(cpus);
});

test("this machine has at least one, and no more than the scheduler grants", () => {
  expect(availableCpus()).toBeGreaterThanOrEqual(1);
  expect(availableCpus()).toBeLessThanOrEqual(availableParallelism());
});
