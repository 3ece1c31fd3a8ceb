#!/usr/bin/env node
// What `modelyard compile` gains: how fast a model loads (page cache warm), what a further instance of it takes, and how fast it
// answers, beside the model's own file. Each in processes of its own, in turn, medians.
// `node bench/compile/run.js [--rounds 5] [--write] model.onnx …` prints the table; --write makes docs/bench/compile.md of it.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values: options, positionals: models } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, write: { type: "boolean", default: false } },
  allowPositionals: true,
});
if (models.length === 0) throw new Error("name models: run.js model.onnx …");
const rounds = Number(options.rounds);
const root = new URL("../../", import.meta.url).pathname;
const bin = join(root, "bin/modelyard.js");
execFileSync(process.execPath, [bin, "--version"]);
const folder = mkdtempSync(join(tmpdir(), "modelyard-compile-"));
/** A file that is called model.onnx is known by its folders. */
const nameOf = (path) =>
  path
    .split("/")
    .filter((part) => !/^(model\.onnx|\d+)$/.test(part))
    .at(-1);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** A process that measures: what it says, line by line. */
function start(mode, source, artefact) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "child.js"), mode, source, ...(artefact ? [artefact] : [])],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`a process ended without an answer: ${mode} ${source}`);
    return JSON.parse(value);
  };
  return {
    next,
    ask(what) {
      child.stdin.write(`${what}\n`);
      return next();
    },
    end: () => new Promise((gone) => child.once("close", gone) && child.stdin.end()),
  };
}

async function loads(source, artefact) {
  const seen = { file: [], compiled: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [name, from] of [
      ["file", undefined],
      ["compiled", artefact],
    ]) {
      const child = start("load", source, from);
      const { load } = await child.next();
      await child.end();
      // The first fills the page cache.
      if (round > 0) seen[name].push(load);
    }
  }
  return { file: median(seen.file), compiled: median(seen.compiled) };
}

/** Bytes that a second process takes more, in the memory of both together. */
async function further(source, artefact) {
  const first = start("memory", source, artefact);
  await first.next();
  const alone = (await first.ask("memory")).memory;
  const second = start("memory", source, artefact);
  await second.next();
  const both = (await first.ask("memory")).memory + (await second.ask("memory")).memory;
  await Promise.all([first.end(), second.end()]);
  return { first: alone, further: both - alone };
}

async function speeds(source, artefact) {
  const file = start("speed", source);
  const compiled = start("speed", source, artefact);
  await Promise.all([file.next(), compiled.next()]);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const own = (await file.ask(1)).median;
    ratios.push((await compiled.ask(1)).median / own);
  }
  await Promise.all([file.end(), compiled.end()]);
  return median(ratios);
}

try {
  const rows = [];
  for (const source of models) {
    const artefact = join(folder, nameOf(source));
    execFileSync(process.execPath, [bin, "compile", source, "-o", artefact]);
    const { files, measured } = JSON.parse(readFileSync(join(artefact, "artefact.json"), "utf8"));
    const weights = files[1]?.bytes ?? 0;
    const load = await loads(source, artefact);
    const own = await further(source);
    const shared = await further(source, artefact);
    const speed = await speeds(source, artefact);
    const mb = (bytes) => (bytes / 1e6).toFixed(0);
    rows.push(
      `| ${nameOf(source)} | ${mb(weights)} | ${load.file.toFixed(0)} | ${load.compiled.toFixed(0)} | ${(measured.load.source / measured.load.artefact).toFixed(1)} | ${mb(own.further)} | ${mb(shared.further)} | ${speed.toFixed(2)} | ${measured.compared} |`,
    );
    process.stderr.write(`${rows.at(-1)}\n`);
  }
  const text = `# Compiled models, measured

\`node bench/compile/run.js --write …\`, medians of ${rounds} rounds in turn, on ${cpus()[0]?.model.trim()}, ${cpus().length} threads, Node ${process.version}.
Loading is from nothing to ready (header, contract, session) in a fresh process with a warm page cache; beside it how many times as fast the
runtime's own part is, in one process, as \`artefact.json\` says. A further instance is a second process: what both take together more than
one, by the proportional set size, after they have answered. Time of an answer: compiled by the model's own file, two threads. Answers were
compared bit for bit.

| model | weights, MB | load, ms: file | compiled | runtime alone, times | further instance, MB: file | compiled | time of an answer | answers compared |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}
`;
  process.stdout.write(text);
  if (options.write) {
    const page = join(root, "docs/bench/compile.md");
    const old = readFileSync(page, "utf8");
    // What prepacking.js measured stays.
    const kept = old.indexOf("\n## ");
    writeFileSync(page, kept < 0 ? text : `${text}${old.slice(kept)}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
