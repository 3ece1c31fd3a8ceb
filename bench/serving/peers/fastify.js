// What an engineer writes first: Fastify, onnxruntime-node, session.run inside the handler.
// usage: node fastify.js <model.onnx> <port> [threads]

import Fastify from "fastify";
import { InferenceSession, Tensor } from "onnxruntime-node";

const [path, port, threads] = process.argv.slice(2);
const session = await InferenceSession.create(path, { intraOpNumThreads: Number(threads ?? 1) });
const app = Fastify({ bodyLimit: 16 * 1024 * 1024 });

app.get("/v2/health/ready", () => ({ ready: true }));
app.post("/v2/models/:name/infer", async (request) => {
  const feeds = {};
  for (const { name, shape, data } of request.body.inputs) {
    feeds[name] = new Tensor("float32", Float32Array.from(data), shape);
  }
  const results = await session.run(feeds);
  return {
    model_name: request.params.name,
    model_version: "1",
    outputs: session.outputNames.map((name) => ({
      name,
      datatype: "FP32",
      shape: results[name].dims,
      data: Array.from(results[name].data),
    })),
  };
});

await app.listen({ host: "127.0.0.1", port: Number(port) });
