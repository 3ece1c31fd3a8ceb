#!/usr/bin/env node
// How long `modelyard serve` takes until all its models answer, from the start of its process, its models compiled and in the cache,
// the page cache warm; wall clock, and the processor time that the process has taken by then. Two checkouts in turn, where two are
// named: `node bench/ready/run.js [--rounds 15] [--against <another checkout>] [--write]`; --write makes docs/bench/ready.md of it.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    against: { type: "string" },
    cache: { type: "string" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const root = new URL("../../", import.meta.url).pathname;
/** Linux counts processor time by these. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const POLL_MS = 5;
const folder = mkdtempSync(join(tmpdir(), "modelyard-ready-"));
const cache = options.cache ?? join(folder, "cache");
/** Each checkout has its own: what one keeps, another may take for damaged, and make anew while it is measured. */
const cacheOf = (checkout) => (checkout === root ? cache : `${cache}-other`);

const folders = {
  "one model of 15 MB": ["read-text"],
  "six models and a pipeline": [
    "mnist",
    "ocr",
    "photo-classes",
    "photo-faces",
    "photo-people",
    "read-text",
    "voice-activity",
  ],
};

const quartiles = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
};

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const status = (port, path) =>
  new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", () => resolve(0));
  });

/** Milliseconds of processor time that a process and its threads have taken. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

async function start(checkout, models) {
  const port = await freePort();
  const began = performance.now();
  const args = [
    "serve",
    models,
    "--port",
    String(port),
    "--cache",
    cacheOf(checkout),
    "--data",
    join(folder, "data"),
  ];
  const child = spawn(process.execPath, [join(checkout, "bin/modelyard.js"), ...args], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const until = async (path) => {
    for (;;) {
      if ((await status(port, path)) === 200) return performance.now() - began;
      if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  try {
    const live = await until("/v2/health/live");
    const ready = await until("/v2/health/ready?models=all");
    return { live, ready, processor: processorTime(child.pid) };
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

try {
  const checkouts = [root, ...(options.against ? [options.against] : [])];
  for (const checkout of checkouts)
    execFileSync(process.execPath, [join(checkout, "bin/modelyard.js"), "--version"]);
  const lines = [];
  for (const [title, names] of Object.entries(folders)) {
    if (options.only !== undefined && !title.includes(options.only)) continue;
    const models = join(folder, title.replaceAll(" ", "-"));
    mkdirSync(models);
    for (const name of names)
      cpSync(join(root, "examples/models", name), join(models, name), { recursive: true });
    for (const checkout of checkouts) {
      const compile = ["compile", models, "--cache", cacheOf(checkout)];
      execFileSync(process.execPath, [join(checkout, "bin/modelyard.js"), ...compile], { stdio: "ignore" });
    }
    const seen = checkouts.map(() => []);
    for (let round = 0; round <= rounds; round++)
      for (const [i, checkout] of checkouts.entries()) {
        const measured = await start(checkout, models);
        // The first fills the page cache.
        if (round > 0) seen[i].push(measured);
      }
    for (const [i, checkout] of checkouts.entries()) {
      const cell = (key) => {
        const { low, median, high } = quartiles(seen[i].map((each) => each[key]));
        return `${median.toFixed(0)} (${low.toFixed(0)} to ${high.toFixed(0)})`;
      };
      const where = checkout === root ? "" : ` (${checkout})`;
      lines.push(`| ${title}${where} | ${cell("live")} | ${cell("ready")} | ${cell("processor")} |`);
    }
  }
  const [load = 0] = loadavg();
  const page = `# From nothing to ready

\`node bench/ready/run.js --write\`: \`modelyard serve\` on models that \`modelyard compile\` has compiled, from the start of the process, with a warm
page cache; medians of ${rounds} (quartiles), in milliseconds. It listens once \`/v2/health/live\` answers, and is ready once
\`/v2/health/ready?models=all\` does; beside it the processor time that it has taken by then, which does not hang on what else the machine
does (load ${load.toFixed(1)}). ${cpus()[0].model}, ${cpus().length} processors, Node ${process.version}.

| models | listens | ready | processor time |
| --- | ---: | ---: | ---: |
${lines.join("\n")}
`;
  if (options.write) writeFileSync(join(root, "docs/bench/ready.md"), page);
  else process.stdout.write(page);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
