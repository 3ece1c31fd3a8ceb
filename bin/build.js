// Builds dist/ from src/ in a checkout: tsc alone, once, under a lock. A published package has no src/ and
// never comes here.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
// The build information lies inside dist/: if it lay elsewhere, tsc would emit nothing after dist/ was deleted.
const stamp = join(dist, ".build", "stamp");
const STALE_LOCK_MS = 120_000;

/**
 * The newest modification time of a file, or of a folder and all below it, in milliseconds; folders count, so a
 * deleted file is seen.
 */
export function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/**
 * Does `work` where `isNeeded` says so, once: two processes may ask at the same time, and the second waits for the first.
 * @param {string} name of the lock
 * @param {() => boolean} isNeeded
 * @param {() => void | Promise<void>} work
 */
export function underLock(name, isNeeded, work) {
  if (!isNeeded()) return;
  const lock = join(root, "node_modules", `.modelyard-${name}.lock`);
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE_LOCK_MS) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  let result;
  try {
    result = isNeeded() ? work() : undefined;
  } catch (error) {
    release();
    throw error;
  }
  if (result === undefined) return release();
  return result.finally(release);
}

/** Whether this is a checkout whose dist/ is missing or older than its sources. */
export function isStale() {
  const source = join(root, "src");
  if (!existsSync(source)) return false;
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  const configs = ["tsconfig.base.json", "tsconfig.build.json"].map(
    (name) => statSync(join(root, name)).mtimeMs,
  );
  return Math.max(newest(source), ...configs) > built;
}

/** Builds if needed. Two processes may call it at once: the second waits for the first. */
export function build() {
  if (!isStale()) return;
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    process.stderr.write("modelyard: this checkout is not installed yet. Run `npm ci` first.\n");
    process.exit(1);
  }
  try {
    underLock("build", isStale, () => compile(compiler));
  } catch (error) {
    process.stderr.write(`${error.message}modelyard: the build failed.\n`);
    process.exit(1);
  }
}

function compile(compiler) {
  const started = new Date();
  // tsc never removes the output of a deleted source: start from nothing where files are gone.
  removeOrphans(dist);
  const config = join(root, "tsconfig.build.json");
  const result = spawnSync(process.execPath, [compiler, "-p", config], { cwd: root, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, `${started.toISOString()}\n`);
}

/** Deletes the outputs in dist/ whose source is gone, and everything if the build information is gone. */
function removeOrphans(folder) {
  if (!existsSync(folder)) return;
  if (folder === dist && !existsSync(join(dist, ".build", "tsbuildinfo"))) {
    rmSync(dist, { recursive: true, force: true });
    return;
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== ".build") removeOrphans(path);
      continue;
    }
    const source = join(root, "src", path.slice(dist.length + 1)).replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (!existsSync(source)) rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
