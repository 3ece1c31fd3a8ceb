import { spawnSync } from "node:child_process";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lock } from "../../src/run/hub/lock.ts";
import { emptyFolder } from "../cli/modelyard.ts";

const TAKERS = 40;

/** Those of many that got it, all at once. */
async function takers(cache: string, path: string) {
  const all = await Promise.all(Array.from({ length: TAKERS }, () => lock(cache, path)));
  return all.filter((unlock) => unlock !== null);
}

test("of many who want a lock at once one gets it, and the next when it is given back", async () => {
  const cache = emptyFolder();
  const path = join(cache, "refs", "a.lock");
  for (let round = 0; round < 5; round++) {
    const [unlock, ...others] = await takers(cache, path);
    expect(others).toEqual([]);
    expect(await lock(cache, path)).toBeNull();
    await unlock?.();
  }
  expect(readdirSync(join(cache, "refs"))).toEqual([]);
});

test("the lock of a process that has died goes to one of those who want it", async () => {
  const cache = emptyFolder();
  const path = join(cache, "a.lock");
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(path, String(pid));
  const first = await takers(cache, path);
  // Whoever finds another one removing it does without.
  expect(first.length).toBeLessThanOrEqual(1);
  const unlock = first[0] ?? (await lock(cache, path));
  expect(unlock).not.toBeNull();
  await unlock?.();
  expect(readdirSync(cache)).toEqual([]);
});

test("a lock that another machine holds, or that is just being written, is left alone; a forgotten one is not", async () => {
  const cache = emptyFolder();
  for (const text of ["1 another-machine 5", ""]) {
    const path = join(cache, "a.lock");
    writeFileSync(path, text);
    expect(await lock(cache, path)).toBeNull();
    utimesSync(path, 0, 0);
    const unlock = await lock(cache, path);
    expect(unlock).not.toBeNull();
    await unlock?.();
  }
  expect(readdirSync(cache)).toEqual([]);
});
