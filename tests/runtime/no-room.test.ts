// A system that has no room for another process: here because too many files are open.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { fixture } from "./models.ts";

const FILES = 64;

const PROGRAM = `
import { closeSync, openSync } from "node:fs";
const { keepArtefact, findArtefact, openSession } = await import(${JSON.stringify(join(ROOT, "dist/run/runtime/index.js"))});
const { Residency } = await import(${JSON.stringify(join(ROOT, "dist/run/runtime/residency/residency.js"))});
const [path, folder] = process.argv.slice(1);
const options = { path, isolation: "process", batch: 1, instances: 1, threads: 1 };
const feeds = { x: { dtype: "float32", shape: [1, 64], data: new Float32Array(64) } };
const codeOf = (work) => work.then(() => "done", (error) => error.code ?? String(error));
const session = await openSession(options);
const residency = new Residency({ memory: 2 ** 40, folder, onProblem() {} });
const held = [];
try {
  for (;;) held.push(openSync("/dev/null"));
} catch {}
// A process needs more than the one that these need.
const said = { open: await codeOf(openSession(options)) };
closeSync(held.pop());
said.compile = await codeOf(keepArtefact(folder, { path, source: "mlp" }));
said.measure = await codeOf(residency.open({ name: "mlp", source: "mlp", made: "", pinned: false, options, weights: null }));
process.kill(session.stats().processes[0], "SIGKILL");
said.killed = [];
while (session.stats().restarts < 2) {
  said.killed.push(await codeOf(session.run(feeds)));
  await new Promise((done) => setTimeout(done, 10));
}
for (const file of held) closeSync(file);
while (session.stats().ready === 0) await new Promise((done) => setTimeout(done, 10));
said.after = await codeOf(session.run(feeds));
said.refused = await findArtefact(folder, "mlp");
await session.close();
await residency.close();
console.log(JSON.stringify(said));
`;

test.skipIf(process.platform !== "linux")(
  "is an error with a code for whoever needs one, no mark on a model, and over when there is room again",
  () => {
    const args = ["--input-type=module", "-e", PROGRAM, fixture("mlp"), emptyFolder()];
    const { stdout, stderr } = spawnSync(
      "sh",
      ["-c", `ulimit -n ${FILES}; exec "$@"`, "sh", process.execPath, ...args],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    const { killed, ...said } = JSON.parse(stdout) as { killed: string[] };
    expect(said).toEqual({
      open: "RUN_WORKER_DIED",
      compile: "RUN_WORKER_DIED",
      measure: "RUN_WORKER_DIED",
      after: "done",
      refused: null,
    });
    expect(new Set(killed)).toEqual(new Set(["RUN_WORKER_DIED"]));
  },
);
