import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";

test("the server sends nothing out, from start to end", (context) => {
  const able = spawnSync("unshare", ["--net", "ip", "link", "show", "lo"], { encoding: "utf8" });
  if (able.status !== 0)
    context.skip(`no network namespace here (unshare and ip as root): ${able.stderr ?? able.error}`);
  const script = join(import.meta.dirname, "no-network.sh");
  const printed = execFileSync("unshare", ["--net", "bash", script, process.execPath, ROOT, emptyFolder()], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const { before, after, control, answer } = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
  expect(answer[0].label).toBe("7");
  expect(before).toBe(0);
  expect(after).toBe(0);
  expect(control).toBeGreaterThan(0);
});
