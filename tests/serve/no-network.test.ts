import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN, SILERO_V5 } from "../packages.ts";

test("the server sends nothing out, from start to end: a model of its own, fetched ones, one with states", async (context) => {
  const able = spawnSync("unshare", ["--net", "ip", "link", "show", "lo"], { encoding: "utf8" });
  if (able.status !== 0)
    context.skip(`no network namespace here (unshare and ip as root): ${able.stderr ?? able.error}`);
  // Fetched while there is a network: what lies in the cache is served without asking anybody again.
  await packageFile(context, ...READ_LATIN);
  await packageFile(context, ...SILERO_V5);
  const script = join(import.meta.dirname, "no-network.sh");
  const printed = execFileSync("unshare", ["--net", "bash", script, process.execPath, ROOT, emptyFolder()], {
    encoding: "utf8",
    timeout: 280_000,
  });
  const said = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
  expect(said.digit[0].label).toBe("7");
  expect(said.text.text).toBe("Grüner Tee aus Malmö");
  expect(said.voice.segments.length).toBeGreaterThan(0);
  // The known first value of silence, and another one with the state that it left.
  const [first, second] = said.frames.map((frame: Frame) => frame.outputs[0]?.data[0]);
  expect(first).toBeCloseTo(SILENCE, 4);
  expect(second).not.toBe(first);
  expect([said.before, said.after]).toEqual([0, 0]);
  expect(said.control).toBeGreaterThan(0);
});

/** What Silero v5 gives for a first frame of zeros (reference of the model, to four digits). */
const SILENCE = 0.012;

interface Frame {
  outputs: { data: number[] }[];
}
