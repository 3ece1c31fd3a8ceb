import { readFileSync } from "node:fs";

/** The text of a file, or null where there is none. */
export type ReadText = (path: string) => string | null;

export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No such file on other systems, or with another version of cgroups: then it sets no limit.
    return null;
  }
}

/** A folder in which the kernel shows what a cgroup may use; its path ends in a slash. */
export interface CgroupFolder {
  readonly version: 1 | 2;
  readonly path: string;
}

/**
 * Where the limits of this process stand for one controller ("cpu", "cpuset", "memory"): those of its cgroup and of every
 * one above it, in version 2 and in version 1. A limit holds for all below it, so the least of all counts.
 *
 * Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html and
 * https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html.
 */
export function* cgroupFolders(read: ReadText, controller: string): Generator<CgroupFolder> {
  for (const line of (read("/proc/self/cgroup") ?? "0::/").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const folder of upwards(path)) {
      if (controllers === "") yield { version: 2, path: `/sys/fs/cgroup${folder}` };
      else if (controllers.split(",").includes(controller)) {
        yield { version: 1, path: `/sys/fs/cgroup/${mount(read, controllers, controller)}${folder}` };
      }
    }
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
