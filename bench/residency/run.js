#!/usr/bin/env node
// Measures models under a budget of memory, in threads and in processes, and what happens to a model beside others.
// `node bench/residency/run.js [--folder <where>] [--models 50] [--megabytes 48] [--fits 10] [--requests 10000] [--connections 4]
// [--cycles 50] [--kills 100] [--rounds 3] [--isolations thread,process] [--only zipf,cycles,kills,neighbour] [--print]` writes what
// it measured into docs/bench/residency.md, each section as soon as it is there, or prints it. `--requests` has one number for each
// isolation, or one for all. On two processors that do nothing else all of it takes about a quarter of an hour, half of it for the
// models in threads (`--only zipf --isolations thread`); 8 GB of disk are needed, and given back. Less of everything:
// `--models 20 --megabytes 8 --fits 4 --requests 600,300 --kills 20 --cycles 10 --rounds 1`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeProducts } from "../quantize/model.js";
import { measureKills } from "./kills.js";
import { measureNeighbour } from "./neighbour.js";
import { crowd, howMeasured, writePage } from "./page.js";
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
const mb = (bytes) => (bytes / 1e6).toFixed(0);
const ms = (value) => value.toFixed(Math.abs(value) < 10 ? 1 : 0);
const ISOLATIONS = options.isolations.split(",");
const REQUESTS = options.requests.split(",").map(Number);

/** A model, and its artefact, which has some weights twice; the others are smaller. */
const needed = 3.2e6 * Math.max(wanted.has("zipf") ? number("models") * number("megabytes") : 0, 300);
const { bavail, bsize } = statfsSync(options.folder);
if (bavail * bsize < needed)
  throw new Error(
    `${options.folder} has ${mb(bavail * bsize)} MB left, and ${mb(needed)} are needed: name another --folder`,
  );
const before = crowd();
const how = howMeasured(["node bench/residency/run.js", ...process.argv.slice(2)].join(" "), before);
execFileSync(process.execPath, [bin, "--version"]);
const work = mkdtempSync(join(options.folder, "modelyard-residency-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

const started = performance.now();
const MEASURES = { zipf, cycles, kills, neighbour };
for (const [name, measure] of Object.entries(MEASURES)) {
  if (!wanted.has(name)) continue;
  for await (const section of measure()) keep(section);
  tell(`${name} is done`);
}

/** At once: what was measured stays where the next measurement fails or takes too long. */
function keep(section) {
  if (options.print) process.stdout.write(`${section}\n`);
  else writePage(join(root, "docs/bench/residency.md"), [section]);
}

function tell(what) {
  console.error(`${((performance.now() - started) / 60_000).toFixed(1)} min: ${what}`);
}

async function* zipf() {
  const names = writeModels(work, { models: number("models"), megabytes: number("megabytes") });
  tell("models are written");
  for (const [i, isolation] of ISOLATIONS.entries()) {
    const result = await measureZipf({
      work,
      names,
      fits: number("fits"),
      requests: REQUESTS[i] ?? REQUESTS[0],
      connections: number("connections"),
      isolation,
      tell,
    });
    tell(JSON.stringify(result));
    yield zipfSection(isolation, result);
  }
}

function zipfSection(isolation, result) {
  const { budget, most, base, requests, failed, seconds, loads, evictions, colds } = result;
  const both = ([median, high]) => `${ms(median)}, ${ms(high)}`;
  return `## A Zipf pattern, models in ${isolation === "thread" ? "threads" : "processes"}

${how}

${number("models")} models of ${number("megabytes")} MB, compiled, in a budget that holds ${number("fits")} of them; ${number("connections")} connections. What the models take is
looked at ten times a second: what the server takes above what it took before, without a model and after 300 requests that it refused.
Then ${colds} models that are not in memory are asked once, and three times more, while nothing else is asked: cold, warm, and how much more.

| | | wanted |
| --- | ---: | ---: |
| requests, of which failed | ${requests}, ${failed} | 10000, 0 |
| they took, s | ${seconds.toFixed(0)} | |
| loads, evictions | ${loads}, ${evictions} | |
| budget, MB | ${mb(budget)} | |
| most of it taken, MB | ${mb(most)} (${Math.round((100 * most) / budget)} %) | 110 % |
| the server before, MB | ${mb(base)} | |
| warm, ms: median, 90th percentile | ${both(result.warm)} | |
| cold, ms | ${both(result.cold)} | |
| cold more than warm, ms | ${both(result.more)} | 100 |
| processor time of a cold one and of making the next ready, ms | ${ms(result.processor)} | |
`;
}

function* cycles() {
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
      tell(`${title} ${isolation} ${memory.map(mb).join(" ")}`);
      const most = Math.max(...memory);
      rows.push(`| ${title} | ${isolation} | ${[memory[0], memory.at(-1), most].map(mb).join(" | ")} |`);
    }
  }
  yield `## Giving memory back

${how}

A model of 100 MB loaded, run and closed ${options.cycles} times in one process: its memory after the first time, after the last, and at most, in MB.
A thread that loaded the file itself leaves its memory to the process, which uses it for the next model.

| loaded from | in a | first | last | most |
| --- | --- | ---: | ---: | ---: |
${rows.join("\n")}
`;
}

async function* kills() {
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
  yield `## SIGKILL

${how}

The process that holds a model was killed ${count} times while four clients asked: ${told}; ${hung} took over 10 s. From the kill to
the next answer to who asks then: median ${ms(percentile(recoveries, 0.5))} ms, at most ${ms(Math.max(...recoveries))} ms.
`;
}

async function* neighbour() {
  const results = await measureNeighbour({ work, megabytes: 100, rounds: number("rounds") });
  const rows = results.map(
    ({ quiet, busy, seconds, requests }) =>
      `| ${ms(quiet)} | ${ms(busy)} | ${(busy / quiet).toFixed(1)} | ${seconds.toFixed(1)} | ${requests} |`,
  );
  yield `## While another model is loaded and compiled

${how}

99th percentile of the requests of a model of 8 MB, one at a time, while a model of 100 MB is loaded and compiled beside it, and for as
long while nothing is.

| quiet, ms | meanwhile, ms | ratio | seconds | requests |
| ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}
`;
}
