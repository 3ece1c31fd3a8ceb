// Loads a model, runs it and gives it back, again and again, in this process; prints its memory after each, as JSON.
// `node bench/residency/cycles.js <path> <thread|process> <cycles> <whether it is an artefact> <side>`
import { openSession } from "../../dist/run/runtime/index.js";
import { memoryOf, sleep } from "./server.js";

const [path, isolation, cycles, compiled, side] = process.argv.slice(2);
const feeds = {
  x: { dtype: "float32", shape: [1, Number(side)], data: new Float32Array(Number(side)).fill(0.1) },
};
const memory = [];
for (let cycle = 0; cycle < Number(cycles); cycle++) {
  const session = await openSession({
    path,
    isolation,
    optimize: compiled !== "true",
    batch: 1,
    instances: 1,
  });
  await session.run(feeds);
  await session.close();
  await sleep(20);
  memory.push(memoryOf(process.pid));
}
console.log(JSON.stringify(memory));
