#!/usr/bin/env node
// Measures models under a budget of memory, in threads and in processes, and what happens to a model beside others.
// `node bench/residency/run.js [--folder <where>] [--models 50] [--megabytes 48] [--fits 10] [--requests 10000] [--connections 4]
// [--cycles 50] [--kills 100] [--rounds 3] [--isolations thread,process] [--only zipf,cycles,kills,neighbour] [--print]` writes docs/bench/residency.md, or prints it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeProducts } from "../quantize/model.js";
import { measureKills } from "./kills.js";
import { measureNeighbour } from "./neighbour.js";
import { percentile } from "./server.js";
import { measureZipf, writeModels } from "./zipf.js";

const { values: options } = parseArgs({
  options: {
    folder: { type: "string", default: tmpdir() },
    models: { type: "string", default: "50" },
    megabytes: { type: "string", default: "48" },
    fits: { type: "string", default: "10" },
    requests: { type: "string", default: "10000" },
    connections: { type: "string", default: "4" },
    cycles: { type: "string", default: "50" },
    kills: { type: "string", default: "100" },
    rounds: { type: "string", default: "3" },
    isolations: { type: "string", default: "thread,process" },
    only: { type: "string", default: "zipf,cycles,kills,neighbour" },
    print: { type: "boolean", default: false },
  },
});
const number = (name) => Number(options[name]);
const wanted = new Set(options.only.split(","));
const root = new URL("../../", import.meta.url).pathname;
const bin = join(root, "bin/modelyard.js");
execFileSync(process.execPath, [bin, "--version"]);
const work = mkdtempSync(join(options.folder, "modelyard-residency-"));
const mb = (bytes) => (bytes / 1e6).toFixed(0);
const ms = (value) => value.toFixed(value < 10 ? 1 : 0);
const ISOLATIONS = options.isolations.split(",");

const sections = [];
try {
  if (wanted.has("zipf")) sections.push(await zipf());
  if (wanted.has("cycles")) sections.push(cycles());
  if (wanted.has("kills")) sections.push(await kills());
  if (wanted.has("neighbour")) sections.push(await neighbour());
} finally {
  rmSync(work, { recursive: true, force: true });
}
const given = process.argv.slice(2).filter((word) => word !== "--print");
const text = `# Models under one budget, measured

\`node bench/residency/run.js ${given.join(" ")}\`, on ${cpus()[0]?.model}, ${cpus().length} threads, Node ${process.version}.
Memory is the proportional set size of the server and all its processes.

${sections.join("\n")}`;
if (options.print) process.stdout.write(text);
else writeFileSync(join(root, "docs/bench/residency.md"), text);

async function zipf() {
  const rows = [];
  const names = writeModels(work, { models: number("models"), megabytes: number("megabytes") });
  for (const isolation of ISOLATIONS) {
    const result = await measureZipf({
      work,
      names,
      fits: number("fits"),
      requests: number("requests"),
      connections: number("connections"),
      isolation,
    });
    console.error(JSON.stringify(result));
    rows.push(
      [
        isolation,
        `${result.requests}, ${result.failed} failed`,
        `${result.loads}, ${result.evictions}`,
        mb(result.budget),
        `${mb(result.most)} (${Math.round((100 * result.most) / result.budget)} %)`,
        mb(result.base),
        `${ms(result.warm[0])}, ${ms(result.warm[1])}`,
        `${ms(result.cold[0])}, ${ms(result.cold[1])}`,
        ms(result.processor),
      ].join(" | "),
    );
  }
  return `## A Zipf pattern

${number("models")} models of ${number("megabytes")} MB, compiled, in a budget that holds ${number("fits")} of them; ${number("connections")} connections. The most that the
models took was looked at ten times a second: what the server took above
what it had taken before, without a model and after 300 requests that it refused. Cold and
warm: one request at a time, median and 90th percentile; the last column is processor time of a cold one, which other work on the machine
does not lengthen.

| models in a | requests | loads, evictions | budget, MB | most, MB | before, MB | warm, ms | cold, ms | of a processor, ms |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join("\n")}
`;
}

function cycles() {
  const side = 1024;
  const model = join(work, "cycled.onnx");
  writeProducts(model, { count: 25, side, seed: 800 });
  const artefact = join(work, "cycled");
  mkdirSync(artefact);
  execFileSync(process.execPath, [bin, "compile", model, "-o", artefact]);
  const rows = [];
  for (const [title, path, compiled] of [
    ["its file", model, "false"],
    ["its artefact", join(artefact, "model.onnx"), "true"],
  ]) {
    for (const isolation of ISOLATIONS) {
      const args = [
        join(import.meta.dirname, "cycles.js"),
        path,
        isolation,
        options.cycles,
        compiled,
        String(side),
      ];
      const memory = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
      console.error(title, isolation, memory.map(mb).join(" "));
      const most = Math.max(...memory);
      rows.push(`| ${title} | ${isolation} | ${[memory[0], memory.at(-1), most].map(mb).join(" | ")} |`);
    }
  }
  return `## Giving memory back

A model of 100 MB loaded, run and closed ${options.cycles} times in one process: its memory after the first time, after the last, and at most, in MB.

| loaded from | in a | first | last | most |
| --- | --- | ---: | ---: | ---: |
${rows.join("\n")}
`;
}

async function kills() {
  const {
    kills: count,
    codes,
    hung,
    recoveries,
  } = await measureKills({
    work,
    kills: number("kills"),
    megabytes: 8,
  });
  const told = Object.entries(codes)
    .map(([code, times]) => `${code} ${times}`)
    .join(", ");
  return `## SIGKILL

The process that holds a model was killed ${count} times while four clients asked: ${told}; ${hung} took over 10 s. From the kill to
the next answer to who asks then: median ${ms(percentile(recoveries, 0.5))} ms, at most ${ms(Math.max(...recoveries))} ms.
`;
}

async function neighbour() {
  const results = await measureNeighbour({ work, megabytes: 100, rounds: number("rounds") });
  const rows = results.map(
    ({ quiet, busy, seconds, requests }) =>
      `| ${ms(quiet)} | ${ms(busy)} | ${(busy / quiet).toFixed(1)} | ${seconds.toFixed(1)} | ${requests} |`,
  );
  return `## While another model is loaded and compiled

99th percentile of the requests of a model of 8 MB, one at a time, while a model of 100 MB is loaded and compiled beside it, and for as
long while nothing is.

| quiet, ms | meanwhile, ms | ratio | seconds | requests |
| ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}
`;
}
