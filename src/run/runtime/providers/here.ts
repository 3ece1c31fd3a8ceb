import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** What providers ask of the machine. */
export interface Here {
  /** Operating system and architecture, as Node names them: "linux-x64". */
  readonly system: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the runtime's own libraries. */
  readonly binaries: string;
  exists(path: string): boolean;
  /** Empty where it cannot be read. */
  list(folder: string): readonly string[];
  /** Null where it cannot be read. */
  read(path: string): string | null;
}

/** This machine. The runtime's native code is not loaded for it. */
export function lookAround(): Here {
  return {
    system: `${process.platform}-${process.arch}`,
    env: process.env,
    binaries: binariesFolder(),
    exists: existsSync,
    list: (folder) => orElse(() => readdirSync(folder).sort(), []),
    read: (path) => orElse(() => readFileSync(path, "latin1"), null),
  };
}

/** Files of /proc and folders of drivers come and go, and may be closed to this user: then they are not there for it. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** As onnxruntime-node's own dist/binding.js finds it. */
function binariesFolder(): string {
  const { resolve } = createRequire(import.meta.url);
  const root = dirname(resolve("onnxruntime-node/package.json"));
  return join(root, "bin/napi-v6", process.platform, process.arch);
}

/** Folders in which Linux looks for libraries besides those of its cache (ld.so(8)), and where containers get drivers. */
const LIBRARY_FOLDERS = [
  "/lib",
  "/usr/lib",
  "/lib64",
  "/usr/lib64",
  "/usr/local/lib",
  "/usr/local/cuda/lib64",
  "/usr/local/nvidia/lib64",
  "/usr/lib/wsl/lib",
];
/** Paths of all libraries that `ldconfig` has found, each ended by a zero byte. */
const LIBRARY_CACHE = "/etc/ld.so.cache";

/** Whether Linux's loader finds a library, as far as one can tell without loading it. */
export function hasLibrary(here: Here, name: string): boolean {
  const named = (here.env.LD_LIBRARY_PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  if ([...named, ...LIBRARY_FOLDERS].some((folder) => here.exists(join(folder, name)))) return true;
  const cached = (here.read(LIBRARY_CACHE) ?? "").split("\0");
  // A library that was removed stays in the cache until `ldconfig` is run again.
  return cached.some((path) => path.startsWith("/") && path.endsWith(`/${name}`) && here.exists(path));
}
