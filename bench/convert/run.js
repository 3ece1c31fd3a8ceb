#!/usr/bin/env node
// Measures `modelyard convert` on models of a gigabyte beside `cp` and beside onnx.load with onnx.save, in turn: wall clock and
// peak memory of whole processes by /usr/bin/time (Debian: time), medians.
// `node bench/convert/run.js [--python <python with onnx>] [--folder <where>]` writes docs/bench/convert.md.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { FLOAT_DATA, RAW, writeInside, writeOutside } from "./models.js";

const ROUNDS = 5;
const { values: options } = parseArgs({
  options: { python: { type: "string" }, folder: { type: "string", default: tmpdir() } },
});
const { python } = options;
const root = new URL("../../", import.meta.url).pathname;
execFileSync(process.execPath, [join(root, "bin/modelyard.js"), "--version"]);

const folder = mkdtempSync(join(options.folder, "modelyard-convert-"));
const bin = install(join(folder, "package"));
const out = join(folder, "out");
const model = (name) => join(folder, name, "model.onnx");
const filesOf = (path) => readdirSync(dirname(path)).map((name) => join(dirname(path), name));

/** The program as its package has it: in a checkout it looks first whether it has to be built. */
function install(to) {
  for (const name of ["bin", "dist", "package.json"])
    cpSync(join(root, name), join(to, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(to, "node_modules"));
  return join(to, "bin/modelyard.js");
}

/** What is converted, and how. */
const CASES = [
  { name: "inside, stay inside", path: model("inside"), external: false },
  { name: "inside, move out", path: model("inside"), external: true },
  { name: "outside, move in", path: model("outside"), external: false },
  { name: "outside, stay outside", path: model("outside"), external: true },
  { name: "in typed fields, stay inside", path: model("typed"), external: false },
];

/** By name, what is run for a case. */
const RUNNERS = {
  cp: ({ path }) => ["cp", ...filesOf(path), out],
  "modelyard convert": ({ path, external }) => [
    process.execPath,
    bin,
    "convert",
    path,
    join(out, "model.onnx"),
    ...(external ? ["--external"] : []),
  ],
  ...(python && {
    "onnx.load, onnx.save": ({ path, external }) => [
      python,
      join(import.meta.dirname, "onnx_save.py"),
      path,
      join(out, "model.onnx"),
      ...(external ? ["external"] : []),
    ],
  }),
};

/** Where the bytes come from, and when a run is over. */
const SETTINGS = {
  /** From the page cache into the page cache: only what the programs do themselves. */
  cache: { before() {}, command: (words) => words },
  /** From the disk to the disk: the originals are put out of the cache first, and the result is there to stay. */
  disk: {
    before: (path) => {
      for (const file of filesOf(path))
        execFileSync("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
    },
    command: (words) => ["sh", "-c", '"$@" && sync "$0"/*', out, ...words],
  },
};

/** Seconds and megabytes of one run into an empty folder. */
function measure({ before, command }, path, words) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  execFileSync("sync");
  before(path);
  const { stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %M", ...command(words)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${words.join(" ")}\n${stderr}`);
  const [seconds, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { seconds, megabytes: (kilobytes * 1024) / 1e6 };
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** Medians of a case by runner, in one setting; the runners take turns, and the first round does not count. */
function runCase(each, setting) {
  const runs = Object.fromEntries(Object.keys(RUNNERS).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, runner] of Object.entries(RUNNERS)) {
      const run = measure(setting, each.path, runner(each));
      if (round > 0) runs[name].push(run);
    }
  }
  return Object.entries(runs).map(([name, all]) => ({
    name,
    seconds: median(all.map((run) => run.seconds)),
    megabytes: Math.max(...all.map((run) => run.megabytes)),
  }));
}

try {
  writeInside(model("inside"), RAW);
  writeInside(model("typed"), FLOAT_DATA);
  writeOutside(model("outside"));
  const lines = [];
  for (const each of CASES) {
    const [cache, disk] = [runCase(each, SETTINGS.cache), runCase(each, SETTINGS.disk)];
    for (const [i, { name, seconds, megabytes }] of cache.entries()) {
      const there = disk[i].seconds;
      lines.push(
        [
          each.name,
          name,
          there.toFixed(2),
          (there / disk[0].seconds).toFixed(2),
          seconds.toFixed(2),
          (seconds / cache[0].seconds).toFixed(2),
          Math.max(megabytes, disk[i].megabytes).toFixed(0),
        ].join(" | "),
      );
      process.stderr.write(`${lines.at(-1)}\n`);
    }
  }
  const gigabytes = (statSync(model("inside")).size / 1e9).toFixed(2);
  const tell = "import sys, onnx; print(f'Python {sys.version.split()[0]}, onnx {onnx.__version__}')";
  const versions = python
    ? execFileSync(python, ["-c", tell], { encoding: "utf8" }).trim()
    : "without Python";
  const text = `# Reading and writing, measured

\`node bench/convert/run.js${python ? " --python <python with onnx>" : ""}\`, medians of ${ROUNDS} runs that took turns, on ${cpus()[0]?.model.trim()},
${cpus().length} threads, Node ${process.version}, ${versions}.

A model with ${gigabytes} GB of weights in 16 tensors: where they lie in it, and where they go. Whole processes by /usr/bin/time. From the
disk to the disk, the originals are not in the page cache and a run ends when the result is on the disk; in the page cache, the
originals are there and nobody waits for the disk, so that what is left is starting, and copying in memory. The memory is the
most of all runs.

| weights | | disk to disk, s | × cp | in the page cache, s | × cp | peak memory, MB |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
${lines.map((line) => `| ${line} |`).join("\n")}
`;
  mkdirSync(join(root, "docs/bench"), { recursive: true });
  writeFileSync(join(root, "docs/bench/convert.md"), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
