// What processes have used: those that were started count, while they live and afterwards.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { usageOfAll } from "../../src/run/tune/bench/processes.ts";

const tells = existsSync("/proc/self/smaps_rollup") && existsSync("/proc/self/task");

/** Takes 0.3 s of a processor and 100 MB, says so, and ends when its input does. */
const BUSY = `const held = Buffer.alloc(1e8, 1);
while (process.cpuUsage().user < 300_000);
process.stdout.write("done");
process.stdin.resume().on("end", () => process.exit(held[0] - 1));`;

test.skipIf(!tells)("the time and the memory of a process that was started", async () => {
  const before = await usageOfAll();
  const child = spawn(process.execPath, ["-e", BUSY], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const during = await usageOfAll();
  expect(during.cpuSeconds - before.cpuSeconds).toBeGreaterThan(0.25);
  expect(during.residentBytes).toBeGreaterThan(1e8);
  child.stdin.end();
  await once(child, "exit");
  const after = await usageOfAll();
  expect(after.cpuSeconds).toBeGreaterThanOrEqual(during.cpuSeconds);
});
