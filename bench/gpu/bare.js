// One case of the runtime itself, with no session around it, in a process of its own: options that a provider may set, where
// each node ran, and an input that stays on the device.
// `node bare.js <order as JSON>` prints a line of JSON.
process.env.ORT_DISABLE_TELEMETRY = "1";

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deviceMemory, quantile, readExpected, readFeeds, relativeError, timeRuns } from "./data.js";

const { InferenceSession, Tensor } = (await import("onnxruntime-node")).default;
const { folder, model, dtype, provider, extra, batch, seconds, keep, name } = JSON.parse(process.argv[2]);
const path = join(folder, model.files[dtype]);
const options = { executionProviders: [provider], logSeverityLevel: 4, ...(extra && { extra }) };
const feeds = Object.fromEntries(
  Object.entries(readFeeds(folder, model, batch)).map(([key, { dtype: type, data, shape }]) => [
    key,
    new Tensor(type, data, shape),
  ]),
);

const session = await InferenceSession.create(path, options);
const given = keep ? await moveToDevice() : feeds;
const { answer } = await session.run(given);
const error = relativeError(await answer.getData(), readExpected(folder, model, batch));
const times = await timeRuns(async () => (await session.run(given)).answer.getData(), seconds);
const result = {
  model: model.name,
  runner: `bare runtime, ${name}`,
  batch,
  p50: quantile(times, 0.5),
  p95: quantile(times, 0.95),
  runs: times.length,
  throughput: (batch * times.length * 1000) / times.reduce((sum, time) => sum + time, 0),
  error,
  deviceMemory: deviceMemory(),
  nodes: await countNodes(),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await session.release();

/** The inputs as the outputs of an Identity that ran on the device and left them there. */
async function moveToDevice() {
  const identity = await InferenceSession.create(join(folder, model.identity), {
    ...options,
    preferredOutputLocation: "gpu-buffer",
  });
  return identity.run(Object.fromEntries(Object.entries(feeds).map(([key, x]) => [`given_${key}`, x])));
}

/** By provider, how many nodes ran there: by the runtime's own profile of one run. */
async function countNodes() {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-bench-"));
  try {
    const profiled = await InferenceSession.create(path, {
      ...options,
      enableProfiling: true,
      profileFilePrefix: join(folder, "profile"),
    });
    await profiled.run(feeds);
    profiled.endProfiling();
    await profiled.release();
    const counts = {};
    for (const file of readdirSync(folder)) {
      for (const { cat, args } of JSON.parse(readFileSync(join(folder, file), "utf8"))) {
        if (cat === "Node" && args?.provider) counts[args.provider] = (counts[args.provider] ?? 0) + 1;
      }
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
