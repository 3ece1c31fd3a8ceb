#!/usr/bin/env node
// What is left of loading an artefact: the runtime lays out ("packs") the weights of products of matrices before it looks whether it has
// them so already. Measures loading and answering with that and without it (session.disable_prepacking), and compares the answers.
// `node bench/compile/prepacking.js [--rounds 5] [--seconds 1] <artefact folder>:<rows>[,<rows>…] …`; processor time, one thread.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { CPU } from "../../dist/run/runtime/providers/cpu.js";

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "1" } },
  allowPositionals: true,
});
const rounds = Number(options.rounds);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function load(folder, packs) {
  const settings = structuredClone(CPU.runtimeOptions({ threads: 1, optimized: false }));
  if (!packs) settings.extra.session.disable_prepacking = "1";
  const before = processor();
  const session = await InferenceSession.create(join(folder, "model.onnx"), settings);
  return { session, took: processor() - before };
}

function feedsOf(session, rows) {
  const entries = session.inputMetadata.map(({ name, type, shape }) => {
    const sizes = shape.map((size, i) => (typeof size === "number" ? size : i === 0 ? rows : 1));
    const length = sizes.reduce((a, b) => a * b, 1);
    const data =
      type === "int64"
        ? BigInt64Array.from({ length }, () => 1n)
        : Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i));
    return [name, new Tensor(type, data, sizes)];
  });
  return Object.fromEntries(entries);
}

/** Milliseconds of a processor for one run. */
async function speed(session, feeds) {
  const [before, end] = [processor(), performance.now() + 1000 * Number(options.seconds)];
  let runs = 0;
  for (; runs < 3 || performance.now() < end; runs++) await session.run(feeds);
  return (processor() - before) / runs;
}

async function furthest(one, other, feeds) {
  const [a, b] = [await one.run(feeds), await other.run(feeds)];
  let most = 0;
  for (const [name, { data }] of Object.entries(a))
    for (const [i, value] of data.entries()) most = Math.max(most, Math.abs(value - b[name].data[i]));
  return most;
}

console.log(
  "| artefact | load, ms: packing | without | rows | an answer without, times | answers differ by |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const given of positionals) {
  const at = given.lastIndexOf(":");
  const folder = given.slice(0, at);
  const times = { packed: [], bare: [] };
  // The first fills the page cache.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, packs] of [
      ["packed", true],
      ["bare", false],
    ]) {
      const { session, took } = await load(folder, packs);
      await session.release();
      if (round > 0) times[name].push(took);
    }
  }
  const [packed, bare] = [await load(folder, true), await load(folder, false)].map(({ session }) => session);
  for (const rows of given
    .slice(at + 1)
    .split(",")
    .map(Number)) {
    const feeds = feedsOf(packed, rows);
    const ratios = [];
    for (let round = 0; round < rounds; round++) {
      const own = await speed(packed, feeds);
      ratios.push((await speed(bare, feeds)) / own);
    }
    const cells = [
      folder.split("/").at(-1),
      median(times.packed).toFixed(0),
      median(times.bare).toFixed(0),
      rows,
      median(ratios).toFixed(2),
      (await furthest(packed, bare, feeds)).toExponential(0),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  await Promise.all([packed.release(), bare.release()]);
}
