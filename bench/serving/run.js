#!/usr/bin/env node
// Measures Modelyard's server beside others on this machine and writes docs/bench/serving.md.
// README.md here says what is measured and how.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { contenders } from "./contenders.js";
import { BODIES, PICTURES, writeBodies, writePictures } from "./inputs.js";
import { load } from "./load.js";
import { ask, freeze, peakMemory, processorTime, ready, start, stop, thaw } from "./processes.js";
import { goals, machine, summarise, table } from "./report.js";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string" },
    without: { type: "string", default: "" },
    cache: { type: "string", default: join(tmpdir(), "modelyard-bench") },
    peers: { type: "string", default: process.env.MODELYARD_PEERS ?? "/tmp/peers" },
    port: { type: "string", default: "18400" },
    out: { type: "string", default: new URL("../../docs/bench/serving.md", import.meta.url).pathname },
  },
});

const PLANS = {
  mlp: {
    title: "A tiny model: MLP 64→256→10, Open Inference Protocol JSON",
    connections: [1, 16, 64],
    seconds: 4,
    goals: [
      {
        what: "64 connections, throughput, Modelyard : Fastify inline",
        of: "modelyard",
        to: "fastify",
        connections: 64,
        field: "rate",
        least: 1.5,
      },
      {
        what: "64 connections, throughput, Modelyard : Triton (Python backend)",
        of: "modelyard",
        to: "triton",
        connections: 64,
        field: "rate",
        least: 1.5,
      },
      {
        what: "64 connections, throughput, Modelyard : FastAPI",
        of: "modelyard",
        to: "fastapi",
        connections: 64,
        field: "rate",
        least: 7,
      },
      {
        what: "1 connection, median latency, Modelyard : Fastify inline",
        of: "modelyard",
        to: "fastify",
        connections: 1,
        field: "p50",
        most: 1.7,
      },
      {
        what: "64 connections, throughput with the prediction log : without (published, no goal)",
        of: "modelyard",
        to: "modelyard-no-log",
        connections: 64,
        field: "rate",
        least: 0,
      },
    ],
  },
  resnet: {
    title: "A convolutional net: ResNet-18, JPEGs of 224×224 through the task route",
    connections: [4, 8],
    seconds: 8,
    goals: [4, 8].flatMap((connections) => [
      {
        what: `${connections} connections, throughput, Modelyard : loop`,
        of: "modelyard",
        to: "serial",
        connections,
        toConnections: 0,
        field: "rate",
        least: 0.95,
      },
      {
        what: `${connections} connections, throughput, Modelyard : overlapped loop (published, no goal)`,
        of: "modelyard",
        to: "overlapped",
        connections,
        toConnections: 0,
        field: "rate",
        least: 0,
      },
      {
        what: `${connections} connections, throughput with the prediction log : without`,
        of: "modelyard",
        to: "modelyard-no-log",
        connections,
        field: "rate",
        least: 0.95,
      },
    ]),
  },
};

const rounds = Number(options.rounds);
const without = options.without.split(",");
const where = {
  models: join(options.cache, "models"),
  pictures: join(options.cache, "pictures"),
  pictureCount: PICTURES,
  bodies: join(options.cache, "bodies"),
  peers: options.peers,
  threads: String(availableParallelism()),
};

const say = (text) => process.stderr.write(`${text}\n`);

async function prepare() {
  mkdirSync(options.cache, { recursive: true });
  where.state = mkdtempSync(join(options.cache, "run-"));
  const python = join(options.peers, "bin", "python");
  if (!existsSync(join(where.models, "resnet18", "resnet18", "1", "model.onnx"))) {
    if (!existsSync(python))
      throw new Error(`No ${python}: run bench/serving/peers/setup.sh first, or name it with --peers`);
    execFileSync(python, [new URL("./models.py", import.meta.url).pathname, where.models], {
      stdio: "inherit",
    });
  }
  writeBodies(where.bodies);
  await writePictures(where.pictures);
}

const inputsOf = (plan) =>
  plan === "mlp" ? { folder: where.bodies, count: BODIES } : { folder: where.pictures, count: PICTURES };

async function measure(contender, plan, connections, seconds) {
  const before = processorTime(contender.process);
  const result = contender.talks
    ? { ...(await ask(contender.process, String(seconds))), failed: 0 }
    : await load({ ...contender, ...inputsOf(plan), connections, seconds });
  return { ...result, processor: processorTime(contender.process) - before };
}

/** Before anything is timed: all give the same answers. */
async function compare(list, plan) {
  const { folder, count } = inputsOf(plan);
  let reference;
  for (const contender of list) {
    const answers = [];
    thaw(contender.process);
    if (contender.talks) answers.push(...(await ask(contender.process, "answers")));
    else
      for (let i = 0; i < count; i++)
        answers.push(await answerOf(contender, readFileSync(join(folder, String(i)))));
    freeze(contender.process);
    reference ??= { name: contender.name, answers };
    for (const [i, answer] of answers.entries()) {
      if (!alike(answer, reference.answers[i])) {
        const both = `${JSON.stringify(reference.answers[i])} and ${JSON.stringify(answer)}`;
        throw new Error(`${reference.name} and ${contender.name} differ on input ${i}: ${both}`);
      }
    }
  }
}

async function answerOf(contender, body) {
  const response = await fetch(contender.url + contender.path, {
    method: "POST",
    headers: { "content-type": contender.mediaType },
    body,
  });
  const answer = await response.json();
  if (!response.ok)
    throw new Error(`${contender.name} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer.outputs ? answer.outputs[0].data : answer[0];
}

/** Vectors within 1e-4; classes with a score within 2e-3 (two decoders' last bit) and, but for a tie, one label. */
function alike(a, b) {
  if (Array.isArray(a)) return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-4);
  return Math.abs(a.score - b.score) < 2e-3 && a.label === b.label;
}

/** Rows of the prediction log that were written and dropped, from the server's own metrics. */
async function logCounts(contender) {
  const text = await (await fetch(contender.metrics)).text();
  const count = (what) => new RegExp(`^modelyard_log_rows_${what}_total (\\d+)`, "m").exec(text)?.[1];
  return count("written") === undefined ? "none" : `${count("written")} written, ${count("dropped")} dropped`;
}

async function runPlan(plan) {
  const { title, connections, goals: wanted, ...rest } = PLANS[plan];
  const seconds = Number(options.seconds ?? rest.seconds);
  const list = contenders(where, Number(options.port))[plan].filter((c) => !without.includes(c.key));
  const cells = [];
  const started = [];
  try {
    for (const contender of list) {
      say(`starting ${contender.name}`);
      contender.process = start(contender, where.state);
      started.push(contender.process);
      if (contender.talks) await ask(contender.process, "0.1");
      else {
        await ready(contender.process, `${contender.url}/v2/health/ready`);
        await warm(contender, plan);
      }
      freeze(contender.process);
    }
    await compare(list, plan);
    for (let round = 0; round < rounds; round++) {
      // Every other round runs backwards, so that none always follows the same neighbour.
      const order = round % 2 ? [...list].reverse() : list;
      for (const contender of order) {
        thaw(contender.process);
        await measure(contender, plan, connections.at(-1), round ? 1 : 2);
        for (const c of contender.talks ? [0] : connections) {
          const cell = { key: contender.key, name: contender.name, connections: c };
          Object.assign(cell, await measure(contender, plan, c, seconds));
          cells.push(cell);
          say(
            `round ${round + 1} ${cell.name}, ${c}: ${Math.round((cell.requests / cell.micros) * 1e6)}/s, failed ${cell.failed}`,
          );
        }
        freeze(contender.process);
      }
    }
    const memory = Object.fromEntries(list.map((c) => [c.key, peakMemory(c.process)]));
    const logs = [];
    for (const contender of list.filter((c) => c.metrics)) {
      thaw(contender.process);
      logs.push(`${contender.name}: ${await logCounts(contender)}`);
    }
    const rows = summarise(cells).sort((a, b) => a.connections - b.connections);
    const failed = rows.reduce((sum, r) => sum + r.failed, 0);
    const text = [
      `## ${title}`,
      table(rows, memory),
      goals(wanted, rows),
      logs.length > 0 ? `Rows of the prediction log in the whole run: ${logs.join("; ")}.` : "",
    ];
    return { text: text.filter(Boolean).join("\n\n"), failed };
  } finally {
    for (const contender of started) await stop(contender);
  }
}

/** Until the model itself answers: a server may be ready before its models are. */
async function warm(contender, plan) {
  const body = readFileSync(join(inputsOf(plan).folder, "0"));
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      return await answerOf(contender, body);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

await prepare();
const python = without.includes("fastapi") ? null : join(options.peers, "bin", "python");
const description = machine(python);
const plans = options.only ? [options.only] : Object.keys(PLANS);
const results = [];
for (const plan of plans) results.push(await runPlan(plan));
rmSync(where.state, { recursive: true, force: true });
const command = `node bench/serving/run.js ${process.argv.slice(2).join(" ")}`.trim();
const text = [
  "# Serving, measured",
  `\`${command}\``,
  description,
  readFileSync(new URL("./method.md", import.meta.url), "utf8").trim(),
  ...results.map((r) => r.text),
].join("\n\n");
console.log(text);
if (results.some((r) => r.failed > 0)) {
  say("Requests failed: nothing is written.");
  process.exitCode = 1;
} else {
  mkdirSync(new URL(".", `file://${options.out}`), { recursive: true });
  writeFileSync(options.out, `${text}\n`);
}
