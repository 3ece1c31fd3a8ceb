// Every real ONNX file keeps its answers through convert: as it is, its weights outside, simplified, in the newest operator set.
// The answers are those of onnxruntime-node alone, on inputs that the product makes up.
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { fromHalf, type Tensors } from "../../src/model/index.ts";
import { type ConvertOptions, convertModel } from "../../src/run/convert/index.ts";
import { inputMaker, variedPlan } from "../../src/run/convert/inputs/draw.ts";
import { type OpenedModel, openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { filesOf, PACKAGES, sharedFiles } from "./real-models.ts";

const WAYS: Readonly<Record<string, ConvertOptions>> = {
  "as it is": {},
  "weights outside": { external: "always" },
  "weights inside": { external: "never" },
  simplified: { simplify: true },
  "newest opset": { opset: "newest" },
  "newest opset, simplified, weights outside": { opset: "newest", simplify: true, external: "always" },
};
/** Ways that change no number: bit for bit. */
const EXACT = new Set(["as it is", "weights outside", "weights inside"]);

type Level = "all" | "disabled";
type Outputs = Record<string, RuntimeTensor>;

async function open(path: string, level: Level): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    graphOptimizationLevel: level,
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
}

async function answer(session: InferenceSession, feeds: Tensors): Promise<Outputs> {
  const inputs = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
    name,
    new (RuntimeTensor as unknown as new (...args: unknown[]) => RuntimeTensor)(dtype, data, [...shape]),
  ]);
  // What is no tensor cannot be read.
  const readable = session.outputMetadata.filter((meta) => meta.isTensor).map(({ name }) => name);
  return (await session.run(Object.fromEntries(inputs), readable)) as Outputs;
}

/** Sets of inputs that the original takes, with its answers. */
async function draws(opened: OpenedModel): Promise<{ feeds: Tensors; outputs: Outputs }[]> {
  const { model, signature, contract, path } = opened;
  const maker = await inputMaker(model, signature, contract);
  const session = await open(path, "all");
  try {
    for (const plan of maker.plans) {
      const found: { feeds: Tensors; outputs: Outputs }[] = [];
      for (const [draw, each] of [plan, variedPlan(plan, 1), plan].entries()) {
        const feeds = maker.make(each, draw, 77);
        const outputs = feeds && (await answer(session, feeds).catch(() => null));
        if (feeds && outputs) found.push({ feeds, outputs });
        else if (draw === 0) break;
      }
      if (found.length > 0) return found;
    }
    throw new Error(`${path}: the runtime takes no input that was made up`);
  } finally {
    await session.release();
  }
}

/** Furthest that a value is beyond 1e-5 + 1e-4 · |value|, as a factor; 0 where all are equal bit for bit. */
function apart(a: Outputs, b: Outputs): number {
  expect(Object.keys(b)).toEqual(Object.keys(a));
  let worst = 0;
  for (const [name, one] of Object.entries(a)) {
    const other = b[name] as RuntimeTensor;
    expect([name, other.type, other.dims]).toEqual([name, one.type, one.dims]);
    const read = (value: unknown) => (one.type === "float16" ? fromHalf(Number(value)) : Number(value));
    const [left, right] = [one.data as ArrayLike<unknown>, other.data as ArrayLike<unknown>];
    let scale = 0;
    for (let i = 0; i < left.length; i++) scale += read(left[i]) ** 2 / left.length;
    const floor = 1e-5 * Math.max(1, Math.sqrt(Number.isFinite(scale) ? scale : 0));
    for (let i = 0; i < left.length; i++) {
      const [x, y] = [left[i], right[i]];
      if (Object.is(x, y)) continue;
      if (typeof x !== "number") return Infinity;
      worst = Math.max(worst, Math.abs(read(x) - read(y)) / (floor + 1e-4 * Math.abs(read(x))));
    }
  }
  return worst;
}

interface Tally {
  files: number;
  exact: number;
  within: number;
  /** Agree only node by node, since the runtime's own rearranging rounds in two ways. */
  nodeByNode: string[];
}

async function check(path: string, tally: Tally): Promise<void> {
  const opened = await openSource(path);
  const folder = emptyFolder();
  try {
    const asked = await draws(opened);
    for (const [way, options] of Object.entries(WAYS)) {
      const out = join(folder, "out.onnx");
      await convertModel(opened, out, options);
      const worst = await furthest(out, asked);
      tally.files++;
      if (worst === 0) tally.exact++;
      else if (EXACT.has(way)) expect.fail(`${path}, ${way}: not bit for bit`);
      else if (worst <= 1) tally.within++;
      else {
        const plain = await open(path, "disabled");
        const again = [];
        for (const { feeds } of asked) again.push({ feeds, outputs: await answer(plain, feeds) });
        await plain.release();
        expect(await furthest(out, again, "disabled"), `${path}, ${way}`).toBeLessThanOrEqual(1);
        tally.nodeByNode.push(`${basename(path)}, ${way}`);
      }
      rmSync(out);
      rmSync(`${out}.data`, { force: true });
    }
  } finally {
    await opened.close();
  }
}

async function furthest(
  path: string,
  asked: readonly { feeds: Tensors; outputs: Outputs }[],
  level: Level = "all",
): Promise<number> {
  const session = await open(path, level);
  try {
    let worst = 0;
    for (const { feeds, outputs } of asked)
      worst = Math.max(worst, apart(outputs, await answer(session, feeds)));
    return worst;
  } finally {
    await session.release();
  }
}

const NEW = (): Tally => ({ files: 0, exact: 0, within: 0, nodeByNode: [] });

describe("packages", () => {
  test.for(PACKAGES)("%s", async (source, context) => {
    const files = await filesOf(context, source);
    expect(files.length).toBeGreaterThan(1);
    const tally = NEW();
    for (const path of files) await check(path, tally);
    expect(tally.files).toBe(files.length * Object.keys(WAYS).length);
    console.log(`${source}: ${JSON.stringify(tally)}`);
    expect(tally.nodeByNode).toEqual([]);
  });
});

test("trees, MNIST and Triton's examples", async (context) => {
  const files = sharedFiles();
  if (files.length === 0) return context.skip("no shared models (set MODELYARD_SHARED)");
  const tally = NEW();
  for (const path of files) await check(path, tally);
  console.log(`shared models: ${JSON.stringify(tally)}`);
  expect(tally.nodeByNode).toEqual([]);
  expect(tally.files).toBe(files.length * Object.keys(WAYS).length);
});

test("the same through the command line, verified by it", async (context) => {
  const folder = emptyFolder();
  for (const source of PACKAGES) {
    await filesOf(context, source);
    for (const args of [["--external"], ["--simplify", "--opset", "newest"]]) {
      const ended = await modelyard(
        ["convert", source, "out.onnx", "--verify", "--json", ...args],
        {},
        folder,
      );
      expect(ended.stderr).toBe("");
      expect(JSON.parse(ended.stdout).verify, `${source} ${args.join(" ")}`).toMatchObject({
        verified: true,
      });
    }
  }
});
