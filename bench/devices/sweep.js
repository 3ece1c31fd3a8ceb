// Every real model on a device beside the processor, on made-up inputs of one row, one after the other: as "auto" compares them, but
// without its patience. A software driver takes minutes for the large ones, some hours for all.
// usage: VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json nice node bench/devices/sweep.js [--device webgpu] [--out seen.jsonl] [--page page.md] [part of a name …]
// What --out has already is not done again. Each line of it: { name, verdict, error, reason, nodes, placed, seconds }.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { knownInputs } from "../../dist/run/pipeline/known.js";
import { openSource } from "../../dist/run/pipeline/open.js";
import { compareDevices } from "../../dist/run/runtime/choice/compare.js";
import { availableCpus } from "../../dist/run/runtime/index.js";
import { pickProvider } from "../../dist/run/runtime/providers/table.js";
import { isOptimized } from "../../dist/run/runtime/size.js";
import { modelsToSweep } from "./models.js";
import { pageOf } from "./page.js";

/** Milliseconds for one model: what takes longer is told as such. */
const PATIENCE_MS = 3_600_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string", default: "webgpu" },
    out: { type: "string" },
    page: { type: "string" },
  },
});
const { device, out, page } = values;
const seen = out && existsSync(out) ? readFileSync(out, "utf8") : "";
const rows = seen
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const done = new Set(rows.map(({ name }) => name));

for (const { name, path } of await modelsToSweep()) {
  if (done.has(name) || (positionals.length > 0 && !positionals.some((part) => name.includes(part))))
    continue;
  done.add(name);
  const row = await sweep(name, path);
  rows.push(row);
  const line = JSON.stringify(row);
  console.log(line);
  if (out) appendFileSync(out, `${line}\n`);
}

if (page) {
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(page, pageOf(rows, device, process.env.VK_ICD_FILENAMES ?? "of the system"));
}

async function sweep(name, path) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  try {
    const opened = await openSource(path);
    try {
      const { path: runnable, size } = await opened.runnable();
      const request = { threads: availableCpus(), optimized: size === undefined || isOptimized(size) };
      const order = {
        path: runnable,
        device,
        cpu: pickProvider("cpu").runtimeOptions(request),
        runtime: pickProvider(device).runtimeOptions(request),
        known: knownInputs(opened),
      };
      const { verdict, error, reason, placement } = await compareDevices(order, undefined, PATIENCE_MS);
      const placed = Object.fromEntries((placement?.shares ?? []).map((each) => [each.device, each.nodes]));
      return { name, verdict, error, reason, nodes: placement?.nodes ?? null, placed, seconds: seconds() };
    } finally {
      await opened.close();
    }
  } catch (error) {
    return {
      name,
      verdict: "fails",
      error: null,
      reason: String(error.message ?? error),
      seconds: seconds(),
    };
  }
}
