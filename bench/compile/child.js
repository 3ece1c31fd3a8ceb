// One measurement in a process of its own, printed as JSON: `child.js <load|memory|speed> <source> [artefact folder]`. With "memory"
// and "speed" it waits for lines on stdin, so that several live at once and take turns.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { inProcess } from "../../dist/run/tune/bench/in-process.js";
import { loadPlace } from "../../dist/run/tune/variant/load.js";

const [mode, source, artefact] = process.argv.slice(2);

/** Bytes by how many processes share them (proc_pid_smaps(5)). */
function memory() {
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"));
  return Number(kilobytes) * 1024;
}

await import("onnxruntime-node");
const before = memory();
const started = performance.now();
const model = await loadPlace(
  { source, ...(artefact ? { artefact } : {}) },
  { instances: 1, threads: 2, batch: 0 },
);
const load = performance.now() - started;
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const subject = await inProcess(model);

if (mode === "load") say({ load });
else {
  await subject.ask();
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "memory") say({ memory: memory() - before });
    else {
      const times = [];
      const until = performance.now() + Number(line) * 1000;
      while (performance.now() < until || times.length < 5) {
        const asked = performance.now();
        await subject.ask();
        times.push(performance.now() - asked);
      }
      say({ median: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] });
    }
  }
}
await subject.close();
