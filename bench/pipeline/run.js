// What a pipeline of three modules costs over its parts: the same three, asked one behind the other without a pipeline.
//
//     node bench/pipeline/run.js [rounds]
//
// A model (MNIST, its task and its module), and two functions of a file, each in a thread of its own. Whole and parts are asked in
// turn, so that whatever else the machine does meets both; medians of all rounds, and processor time.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, loadPipeline } from "../../dist/index.js";
import { openCode } from "../../dist/run/pipeline/modules/code.js";

const ROUNDS = Number(process.argv[2] ?? 500);
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "modelyard-pipeline-"));
mkdirSync(join(folder, "digit"));
cpSync(join(root, "examples/models/mnist/1/mnist-8.onnx"), join(folder, "digit/model.onnx"));
writeFileSync(
  join(folder, "digit/module.ts"),
  "export const after = (classes: { label: string; score: number }[]) => classes.slice(0, 3);",
);
writeFileSync(
  join(folder, "code.ts"),
  `export const pick = (classes: { label: string }[]) => classes[0].label;
export const say = (label: string) => \`It is a \${label}.\`;`,
);
writeFileSync(
  join(folder, "pipeline.yaml"),
  `input: image
steps:
  digit: { model: digit }
  pick: { code: code.ts, call: pick, input: digit, gives: { type: string } }
  say: { code: code.ts, call: say, input: pick, takes: { type: string }, gives: { type: string } }
`,
);

const picture = readFileSync(join(root, "examples/models/mnist/seven.png"));
const model = await load(join(folder, "digit"));
const pick = await openCode(join(folder, "code.ts"));
const say = await openCode(join(folder, "code.ts"));
const pipeline = await loadPipeline(folder);

const parts = async () => {
  const classes = await model.answer(picture);
  const label = await pick.call("pick", classes, { options: {} });
  return say.call("say", label, { options: {} });
};
const whole = () => pipeline.answer(picture);

const times = { whole: [], parts: [] };
const cpu = { whole: 0, parts: 0 };
const subjects = [
  ["whole", whole],
  ["parts", parts],
];
for (let round = -50; round < ROUNDS; round++) {
  for (const [name, ask] of round % 2 === 0 ? subjects : [...subjects].reverse()) {
    const before = process.cpuUsage();
    const begin = performance.now();
    const answer = await ask();
    const ms = performance.now() - begin;
    if (answer !== "It is a 7.") throw new Error(`${name} answered ${answer}`);
    if (round < 0) continue;
    const { user, system } = process.cpuUsage(before);
    times[name].push(ms);
    cpu[name] += (user + system) / 1e3;
  }
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const [over, overCpu] = [median(times.whole) - median(times.parts), (cpu.whole - cpu.parts) / ROUNDS];
const ms = (value) => `${value.toFixed(3)} ms`;
console.log(`parts     ${ms(median(times.parts))}, ${ms(cpu.parts / ROUNDS)} of a processor`);
console.log(`pipeline  ${ms(median(times.whole))}, ${ms(cpu.whole / ROUNDS)} of a processor`);
console.log(`over its parts ${ms(over)}, ${ms(overCpu)} of a processor (${ROUNDS} rounds)`);
await Promise.all([model.close(), pick.close(), say.close(), pipeline.close()]);
rmSync(folder, { recursive: true });
process.exitCode = over < 1 ? 0 : 1;
