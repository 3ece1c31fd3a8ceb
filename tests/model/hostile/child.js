// A process of its own for what may end it: runs every operation over every model of a folder, or over mutations of them.
//
//   node child.js set <folder> [<bytes of the largest model>]
//   node child.js fuzz <folder> <seed> <count> [<models that may fail before it ends>]
//
// The folder has <number>/{name, model.onnx or model.tflite, files beside it}. Prints a line a failure and, last, what it measured, as JSON.
// Where it is killed, <folder>/at (of a range of seeds at-<seed>) says where it was. Changed models that fail are left there.
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { openModelSource } from "../../../dist/base/node/index.js";
import { bufferModelSource, isModelyardError, openModel } from "../../../dist/model/index.js";
import { mutate } from "./mutate.js";
import { mutateTflite } from "./mutate-tflite.js";
import { OPERATIONS } from "./operations.js";

/** An operation on a small file that computes for so long is on its way to taking for ever; what others compute meanwhile is not its. */
const SLOW_MS = 10_000;

const [what = "set", folder = "", seedText = "1", countText = "1", mostText = "20"] = process.argv.slice(2);
const place = openSync(join(folder, what === "fuzz" ? `at-${seedText}` : "at"), "w");
const before = process.memoryUsage().rss;

/** @param {string} text */
function at(text) {
  writeSync(place, text.padEnd(120).slice(0, 120), 0);
}

let failures = 0;
/** @param {string} model @param {string} operation @param {unknown} error */
function failed(model, operation, error) {
  failures++;
  const text =
    error instanceof Error ? `${error.stack}${error.cause ? `\n${error.cause}` : ""}` : String(error);
  console.log(JSON.stringify({ model, operation, error: text.slice(0, 2_000) }));
}

/**
 * @param {string} name
 * @param {() => Promise<import("../../../src/base/sources/source.ts").ModelSource>} open
 * @param {(code: string) => void} ended
 */
async function runAll(name, open, ended) {
  // Asking for processor time takes as long as an operation on a small model: who was quick by the clock is not asked.
  let start = process.cpuUsage();
  let since = performance.now();
  for (const operation of OPERATIONS) {
    at(`${operation.name}: ${name}`);
    const source = await open();
    try {
      await operation.run(await openModel(source));
      ended("");
    } catch (error) {
      if (!isModelyardError(error) || !("code" in error) || error.code === "INTERNAL")
        failed(name, operation.name, error);
      else ended(String(error.code));
    } finally {
      await source.close();
    }
    if (performance.now() - since < SLOW_MS / 10) continue;
    const { user, system } = process.cpuUsage(start);
    const took = (user + system) / 1_000;
    if (took > SLOW_MS) failed(name, operation.name, `computed for ${Math.round(took)} ms`);
    start = process.cpuUsage();
    since = performance.now();
  }
}

/** mulberry32, as in tests/serve/random.ts. @param {number} seed */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const models = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => join(folder, entry.name))
  .sort();
const FILES = ["model.onnx", "model.tflite"];
/** @param {string} folder */
const fileOf = (folder) => FILES.find((name) => existsSync(join(folder, name))) ?? "model.onnx";
/** @type {Record<string, number>} */
const codes = {};
const count = (/** @type {string} */ code) => {
  codes[code] = (codes[code] ?? 0) + 1;
};
if (what === "set") {
  const largest = process.argv[4] === undefined ? Number.POSITIVE_INFINITY : Number(process.argv[4]);
  for (const model of models.filter((each) => statSync(join(each, fileOf(each))).size <= largest))
    await runAll(
      readFileSync(join(model, "name"), "utf8"),
      () => openModelSource(join(model, fileOf(model))),
      count,
    );
} else {
  /** Larger ones take their time and have nothing that small ones do not have. */
  const small = models
    .map((model) => ({ file: fileOf(model), bytes: readFileSync(join(model, fileOf(model))) }))
    .filter(({ bytes }) => bytes.length < 40_000);
  /** All of them are of one format. */
  const name = small[0]?.file ?? "model.onnx";
  const change = name === "model.tflite" ? mutateTflite : mutate;
  const corpus = small.map(({ bytes }) => bytes);
  let wrong = 0;
  for (let i = 0; i < Number(countText) && wrong < Number(mostText); i++) {
    const seed = Number(seedText) + i;
    const bytes = change(corpus, random(seed));
    const failedBefore = failures;
    await runAll(`seed ${seed}`, async () => bufferModelSource(bytes, { name }), count);
    if (failures === failedBefore) continue;
    wrong++;
    writeFileSync(join(folder, `seed-${seed}-${name}`), bytes);
  }
}
closeSync(place);
// Its own: what getrusage tells begins with what the process that started it had.
const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
const peak = 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
console.log(JSON.stringify({ failures, codes, taken: peak - before }));
