import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../cli/modelyard.ts";

test("the bench of models under a budget, with few and small ones: nothing fails, nothing is left unanswered", (context) => {
  context.skip(process.platform !== "linux", "what models take is read from Linux's /proc");
  const sizes = { models: 4, megabytes: 4, fits: 2, requests: 80, kills: 5 };
  const args = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const text = execFileSync(
    process.execPath,
    [join(ROOT, "bench/residency/run.js"), ...args, "--only", "zipf,kills", "--print"],
    {
      encoding: "utf8",
    },
  );
  expect(text.match(/failed \| 80, 0 \|/g)?.length).toBe(2);
  expect(text).toMatch(/killed 5 times while four clients asked: .*answered \d+/);
  expect(text).not.toMatch(/status \d+|INTERNAL|NaN/);
  // How many took long is the machine's business; that each was answered is why the bench has ended.
  expect(text).toMatch(/; \d+ took over 10 s/);
}, 1_800_000);
