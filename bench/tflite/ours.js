// TFLite models to ONNX: read, converted, written. Prints a line of JSON for each: { ms, cpu } or { error }.
// usage: ours.js model.tflite out.onnx [model.tflite out.onnx …]
import { openModelSink, openModelSource } from "../../dist/base/node/index.js";
import { openModel, writeModel } from "../../dist/model/index.js";
import { bringToOnnx } from "../../dist/run/convert/lower.js";

async function convert(from, to) {
  const start = performance.now();
  const used = process.cpuUsage();
  const source = await openModelSource(from);
  try {
    const { model } = await bringToOnnx(await openModel(source));
    await writeModel(model, await openModelSink(to));
  } finally {
    await source.close();
  }
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - start, cpu: (user + system) / 1e3 };
}

const paths = process.argv.slice(2);
for (let i = 0; i < paths.length; i += 2) {
  const told = await convert(paths[i], paths[i + 1]).catch(({ message }) => ({ error: message }));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
