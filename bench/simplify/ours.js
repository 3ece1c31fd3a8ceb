// One model through simplify: read, simplified, written. Prints { nodes, seconds, cpu, evaluating } as JSON.
// usage: ours.js model.onnx out.onnx
import { openModelSink, openModelSource } from "../../dist/base/node/index.js";
import { graphsOf, openModel, writeModel } from "../../dist/model/index.js";
import { runPasses, SIMPLIFY } from "../../dist/model/passes/index.js";
import { createEvaluate } from "../../dist/run/convert/evaluate.js";

const [from, to] = process.argv.slice(2);
const source = await openModelSource(from);
const evaluation = createEvaluate();
let evaluating = 0;
const evaluate = async (...all) => {
  const start = performance.now();
  try {
    return await evaluation.evaluate(...all);
  } finally {
    evaluating += performance.now() - start;
  }
};
const model = await openModel(source);
const start = performance.now();
const used = process.cpuUsage();
const { model: simplified } = await runPasses(model, SIMPLIFY, { evaluate, note() {} });
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(used);
let nodes = 0;
for (const graph of graphsOf(simplified)) nodes += graph.nodes.length;
await writeModel(simplified, await openModelSink(to));
await source.close();
await evaluation[Symbol.asyncDispose]();
process.stdout.write(
  JSON.stringify({ nodes, seconds, cpu: (user + system) / 1e6, evaluating: evaluating / 1000 }),
);
