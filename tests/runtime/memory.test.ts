import { freemem, totalmem } from "node:os";
import { expect, test } from "vitest";
import { countFreeMemory, freeMemory } from "../../src/run/runtime/index.ts";

const MB = 2 ** 20;

/** File contents as a kernel shows them inside a container or on a host. */
const machines: [what: string, available: number, files: Record<string, string>, free: number][] = [
  ["no cgroups at all, as on macOS", 800 * MB, {}, 800 * MB],
  [
    "version 2, no limit",
    800 * MB,
    { "/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": `${300 * MB}\n` },
    800 * MB,
  ],
  [
    "version 2, a limit, and files in the cache that the kernel may drop",
    8000 * MB,
    {
      "/sys/fs/cgroup/memory.max": `${512 * MB}\n`,
      "/sys/fs/cgroup/memory.high": "max\n",
      "/sys/fs/cgroup/memory.current": `${500 * MB}\n`,
      "/sys/fs/cgroup/memory.stat": `anon ${300 * MB}\nfile ${200 * MB}\ninactive_file ${150 * MB}\nactive_file 5\n`,
    },
    162 * MB,
  ],
  [
    "version 2, throttled before the limit",
    8000 * MB,
    {
      "/sys/fs/cgroup/memory.max": `${512 * MB}\n`,
      "/sys/fs/cgroup/memory.high": `${400 * MB}\n`,
      "/sys/fs/cgroup/memory.current": `${100 * MB}\n`,
    },
    300 * MB,
  ],
  [
    "version 2 on a host: the slice above has less left",
    8000 * MB,
    {
      "/proc/self/cgroup": "0::/system.slice/modelyard.service\n",
      "/sys/fs/cgroup/system.slice/modelyard.service/memory.max": `${900 * MB}\n`,
      "/sys/fs/cgroup/system.slice/modelyard.service/memory.current": `${100 * MB}\n`,
      "/sys/fs/cgroup/system.slice/memory.max": `${1000 * MB}\n`,
      "/sys/fs/cgroup/system.slice/memory.current": `${950 * MB}\n`,
    },
    50 * MB,
  ],
  [
    "version 1, in a container whose path only the host knows",
    8000 * MB,
    {
      "/proc/self/cgroup": "4:memory:/docker/0123\n0::/\n",
      "/sys/fs/cgroup/memory/cgroup.procs": "1\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${256 * MB}\n`,
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${200 * MB}\n`,
      "/sys/fs/cgroup/memory/memory.stat": `inactive_file 1\ntotal_inactive_file ${10 * MB}\n`,
    },
    66 * MB,
  ],
  [
    "version 1, no limit",
    800 * MB,
    {
      "/proc/self/cgroup": "4:memory:/\n",
      "/sys/fs/cgroup/memory/cgroup.procs": "1\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": `${200 * MB}\n`,
    },
    800 * MB,
  ],
  [
    "more in use than allowed, as in short bursts",
    8000 * MB,
    { "/sys/fs/cgroup/memory.max": "1000\n", "/sys/fs/cgroup/memory.current": "2000\n" },
    0,
  ],
  [
    "nonsense in the files",
    4 * MB,
    { "/sys/fs/cgroup/memory.max": "banana\n", "/sys/fs/cgroup/memory.current": "-1\n" },
    4 * MB,
  ],
];

test.each(machines)("%s", (_, available, files, free) => {
  expect(countFreeMemory((path) => files[path] ?? null, available)).toBe(free);
});

test("this machine has some, and no more than there is", () => {
  expect(freeMemory()).toBeGreaterThan(0);
  expect(freeMemory()).toBeLessThanOrEqual(totalmem());
  expect(freemem()).toBeGreaterThan(0);
});
