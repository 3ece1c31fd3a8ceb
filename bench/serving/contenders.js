// Who runs, and how each is started. One row a contender; the first of each model is the project itself.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../../", import.meta.url).pathname;
const here = (file) => new URL(file, import.meta.url).pathname;

/**
 * @param where folders: models (models.py wrote it), state (written while running), peers (the virtual environment)
 * @param port the first of a range of free ports
 */
export function contenders(where, port) {
  const python = join(where.peers, "bin", "python");
  const model = (name) => join(where.models, name, name, "1", "model.onnx");
  const modelyard = (name, key, extra, at) => ({
    key,
    ...own(where, join(where.models, name), key, extra, at),
  });
  const infer = { path: "/v2/models/mlp/infer", mediaType: "application/json" };
  const task = { path: "/models/resnet18", mediaType: "image/jpeg" };
  return {
    mlp: [
      { ...modelyard("mlp", "modelyard", [], port), name: "Modelyard", ...infer },
      {
        ...modelyard("mlp", "modelyard-no-log", ["--no-log"], port + 10),
        name: "Modelyard --no-log",
        ...infer,
      },
      {
        key: "fastify",
        name: "Fastify, session.run inline",
        command: [process.execPath, here("./peers/fastify.js"), model("mlp"), String(port + 20), "1"],
        environment: { ORT_DISABLE_TELEMETRY: "1", NODE_ENV: "production" },
        url: `http://127.0.0.1:${port + 20}`,
        ...infer,
      },
      {
        key: "triton",
        name: "Triton 2.51, its Python backend",
        command: [
          python,
          here("./peers/triton.py"),
          "--models",
          join(where.models, "mlp"),
          "--port",
          String(port + 30),
          "--work",
          fresh(where, "triton"),
        ],
        url: `http://127.0.0.1:${port + 30}`,
        ...infer,
      },
      {
        key: "fastapi",
        name: "FastAPI, uvicorn, async route",
        command: [python, here("./peers/fastapi_app.py"), model("mlp"), String(port + 40), "1"],
        url: `http://127.0.0.1:${port + 40}`,
        ...infer,
      },
    ],
    resnet: [
      { ...modelyard("resnet18", "modelyard", [], port), name: "Modelyard", ...task },
      {
        ...modelyard("resnet18", "modelyard-no-log", ["--no-log"], port + 10),
        name: "Modelyard --no-log",
        ...task,
      },
      loop("serial", "Loop: decode, then run", where, model("resnet18")),
      loop("overlapped", "Loop: next picture decoded during the run", where, model("resnet18")),
    ],
  };
}

function own(where, models, key, extra, port) {
  const data = fresh(where, `${key}-${models.split("/").at(-1)}`);
  return {
    command: [
      process.execPath,
      join(root, "bin/modelyard.js"),
      "serve",
      models,
      "--port",
      String(port),
      ...extra,
    ],
    environment: {
      MODELYARD_DATA: data,
      MODELYARD_CACHE: join(where.state, "cache"),
      NODE_ENV: "production",
    },
    url: `http://127.0.0.1:${port}`,
    metrics: `http://127.0.0.1:${port}/metrics`,
  };
}

function loop(mode, name, where, model) {
  return {
    key: mode,
    name,
    command: [
      process.execPath,
      here("./loop.js"),
      model,
      where.pictures,
      String(where.pictureCount),
      mode,
      where.threads,
    ],
    environment: { ORT_DISABLE_TELEMETRY: "1" },
    talks: true,
  };
}

function fresh(where, name) {
  const folder = join(where.state, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
