#!/usr/bin/env node
// Measures `modelyard convert --precision` on a model of a gigabyte beside ONNX Runtime's own Python tools, in turn: wall clock,
// processor time and peak memory of whole processes by /usr/bin/time (Debian: time), medians; and by how much both answers are off.
// And how near answers stay: accuracy.js.
// `node bench/quantize/run.js --python <python> [--folder <where>] [--rounds 3]` writes a part of docs/bench/quantize.md, `--mobilenet
// <float.tflite> [--photo <file>]…` and `--minilm <python>` the others; what is not asked for stays as it is there.
// (tests/fixtures/quantize/requirements.txt and minilm-requirements.txt say what the Pythons have.)
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { minilm, mobilenet } from "./accuracy.js";
import { writeProducts } from "./model.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string" },
    folder: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "3" },
    mobilenet: { type: "string" },
    photo: { type: "string", multiple: true, default: [] },
    minilm: { type: "string" },
  },
});
const { python } = options;
if (!python && !options.minilm) throw new Error("--python <python with onnxruntime>");
const rounds = Number(options.rounds);
const root = new URL("../../", import.meta.url).pathname;
const bin = join(root, "bin/modelyard.js");
execFileSync(process.execPath, [bin, "--version"]);

const folder = mkdtempSync(join(options.folder, "modelyard-quantize-"));
const model = join(folder, "model.onnx");

/** What is compared: how much faster it must be. */
const CASES = [
  { precision: "fp16", peer: "convert_float_to_float16", least: 5 },
  { precision: "int8", peer: "quantize_dynamic, per channel", least: 5 },
  { precision: "int4", peer: "MatMulNBitsQuantizer, block 32", least: 3 },
];

const RUNNERS = {
  ours: (precision, out) => [process.execPath, bin, "convert", model, out, "--precision", precision],
  theirs: (precision, out) => [python, join(import.meta.dirname, "peer.py"), precision, model, out],
};

/** Seconds, processor seconds and megabytes of one run. */
function measure(words) {
  const { stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %U %S %M", ...words], {
    encoding: "utf8",
    cwd: folder,
  });
  if (status !== 0) throw new Error(`${words.join(" ")}\n${stderr}`);
  const [seconds, user, system, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { seconds, processor: user + system, megabytes: (kilobytes * 1024) / 1e6 };
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function runCase({ precision }) {
  const runs = { ours: [], theirs: [] };
  const out = (name) => join(folder, `${name}.onnx`);
  // The first round fills the page cache.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, runner] of Object.entries(RUNNERS)) {
      rmSync(out(name), { force: true });
      execFileSync("sync");
      const run = measure(runner(precision, out(name)));
      if (round > 0) runs[name].push(run);
    }
  }
  const [ours, theirs] = JSON.parse(
    execFileSync(
      process.execPath,
      [join(import.meta.dirname, "answers.js"), model, out("ours"), out("theirs")],
      {
        encoding: "utf8",
      },
    ),
  );
  return Object.entries(runs).map(([name, all]) => ({
    seconds: median(all.map((run) => run.seconds)),
    processor: median(all.map((run) => run.processor)),
    megabytes: Math.max(...all.map((run) => run.megabytes)),
    size: statSync(out(name)).size / 1e6,
    off: name === "ours" ? ours : theirs,
  }));
}

/** On a machine that others use too the clock says less than the processor's time. */
function machine() {
  const load = loadavg()[0];
  return `${cpus()[0]?.model.trim()}, ${cpus().length} threads, Node ${process.version}${load > cpus().length ? `, while others used the machine (load ${load.toFixed(0)})` : ""}`;
}

function versions() {
  const tell =
    "import sys, onnxruntime, onnx; print(f'Python {sys.version.split()[0]}, onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}')";
  return execFileSync(python, ["-c", tell], { encoding: "utf8" }).trim();
}

function speed() {
  const told = machine();
  mkdirSync(folder, { recursive: true });
  writeProducts(model);
  const lines = [];
  for (const each of CASES) {
    const [ours, theirs] = runCase(each);
    for (const [i, run] of [ours, theirs].entries()) {
      const times = (what) => (i === 0 ? (theirs[what] / ours[what]).toFixed(1) : "");
      lines.push(
        [
          each.precision,
          i === 0 ? "modelyard" : each.peer,
          run.seconds.toFixed(1),
          i === 0 ? `${times("seconds")} (at least ${each.least})` : "",
          run.processor.toFixed(1),
          times("processor"),
          run.megabytes.toFixed(0),
          run.size.toFixed(0),
          `${Number((100 * run.off).toPrecision(4))} %`,
        ].join(" | "),
      );
      process.stderr.write(`${lines.at(-1)}\n`);
    }
  }
  return `${rounds === 1 ? "One run each, taking turns" : `Medians of ${rounds} runs that took turns`}, on ${told}, ${versions()}.

A model with ${(statSync(model).size / 1e9).toFixed(2)} GB of weights: 16 products with 4096 × 4096, one after the other. Whole processes by
/usr/bin/time, from the page cache into the page cache; the memory is the most of all runs. By how much answers are off is
‖a − b‖ / ‖a‖ to four rows of made-up numbers, by ONNX Runtime.

| precision | | seconds | times as fast | processor, s | times less | peak memory, MB | size, MB | off by |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.map((line) => `| ${line} |`).join("\n")}
`;
}

const PAGE = join(root, "docs/bench/quantize.md");
const TITLES = { speed: "Speed and memory", mobilenet: "int8 on a MobileNet", minilm: "A sentence encoder" };

/** Parts of the page as it is, by their titles. */
function written() {
  const text = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((part) => {
        const [title, ...lines] = part.split("\n");
        return [title, `${lines.join("\n").trim()}\n`];
      }),
  );
}

try {
  const parts = written();
  if (python && Number(options.rounds) > 0) parts.set(TITLES.speed, speed());
  if (options.mobilenet)
    parts.set(TITLES.mobilenet, mobilenet({ python, bin, model: options.mobilenet, photos: options.photo }));
  if (options.minilm) parts.set(TITLES.minilm, minilm({ python: options.minilm, bin }));
  const sections = Object.values(TITLES).flatMap((title) => {
    const part = parts.get(title);
    return part ? [`## ${title}\n\n${part}`] : [];
  });
  const text = `# Fewer bits, measured

\`node bench/quantize/run.js --python <python> --mobilenet <float.tflite> --minilm <python>\`

${sections.join("\n")}`;
  writeFileSync(PAGE, text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
