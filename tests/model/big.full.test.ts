// Gigabytes of weights cost nothing until somebody reads them; a million nodes are read all the same.
import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chainModel, SIZES, writeExternalModel, writeInlineModel } from "../../bench/inspect/models.js";
import { openModelSource } from "../../src/base/node/index.ts";
import { bufferModelSource, openModel, signatureOf } from "../../src/model/index.ts";
import { emptyFolder, modelyard, ROOT, serve } from "../cli/modelyard.ts";
import { counted } from "./files.ts";

const TENSORS = 400;
const MEGABYTE = 10 ** 6;
const TIME = "/usr/bin/time";

describe.each([
  ["4.1 GB in a file beside the model", SIZES.external, writeExternalModel],
  ["1.9 GB in the model itself", SIZES.inline, writeInlineModel],
] as const)("%s", (_what, total, write) => {
  const path = () => {
    const file = join(emptyFolder(), "model.onnx");
    write(file, total, TENSORS);
    return file;
  };

  test("under a megabyte is read", async () => {
    const file = path();
    const source = counted(await openModelSource(file));
    const model = await openModel(source);
    expect(model.graph.nodes).toHaveLength(TENSORS);
    expect(source.read().total).toBeLessThan(MEGABYTE);
    // The last weight is where the file says, and reading a piece of it reads no more.
    const last = model.graph.values.get(`w${TENSORS - 1}`)?.constant;
    for await (const piece of last?.stream(1_000) ?? []) {
      expect(piece.every((byte) => byte === 0)).toBe(true);
      break;
    }
    expect(source.read().total).toBeLessThan(MEGABYTE);
    await source.close();
  });

  test("`inspect` keeps below 120 MB and says how large the model is", (context) => {
    if (!existsSync(TIME)) return context.skip("needs Debian's package time");
    const file = path();
    const { stdout, stderr, status } = spawnSync(
      TIME,
      ["-f", "%M", process.execPath, join(ROOT, "bin/modelyard.js"), "inspect", file, "--json"],
      { encoding: "utf8" },
    );
    expect(status).toBe(0);
    const said = JSON.parse(stdout);
    expect(said.parameters).toBeGreaterThan((0.99 * total) / 4);
    expect(said.bytes).toBeGreaterThan(total);
    const kilobytes = Number(stderr.trim().split("\n").at(-1));
    expect(kilobytes).toBeGreaterThan(10_000);
    expect(kilobytes * 1024).toBeLessThan(120 * MEGABYTE);
    expect(statSync(file).size).toBeGreaterThan(0);
  });
});

test("a million nodes are read, and more than the limit are refused by name", async () => {
  const million = chainModel(1_000_000);
  const model = await openModel(bufferModelSource(million, { name: "chain.onnx" }));
  expect(model.graph.nodes).toHaveLength(1_000_000);
  expect(signatureOf(model).outputs[0]?.name).toBe("y");
  const file = join(emptyFolder(), "chain.onnx");
  writeFileSync(file, million);
  const { code, stdout } = await modelyard(["inspect", file, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).operators).toBeDefined();

  // The runtime would take minutes and gigabytes.
  const run = await modelyard(["run", file, "--input", "x=nothing.json", "--json"]);
  expect(JSON.parse(run.stderr).error).toMatchObject({ code: "RUN_GRAPH_TOO_LARGE" });
  const served = await serve(file);
  const first = async () => {
    const listed = (await (await fetch(`${served.url}/models`)).json()) as { models: unknown[] };
    return listed.models[0];
  };
  await expect
    .poll(first)
    .toMatchObject({ state: "unavailable", reason: expect.stringMatching(/1000000 nodes/) });

  const node = Buffer.from([0x0a, 0x02, 0x22, 0x00]);
  const nodes = Buffer.alloc(node.length * 4_000_001, node);
  const length: number[] = [];
  for (let rest = nodes.length; rest > 0; rest = Math.floor(rest / 128))
    length.push((rest % 128) | (rest >= 128 ? 128 : 0));
  const huge = Buffer.concat([Buffer.from([0x08, 8, 0x3a, ...length]), nodes]);
  await expect(openModel(bufferModelSource(huge, { name: "huge.onnx" }))).rejects.toMatchObject({
    code: "MODEL_TOO_MANY_NODES",
    where: "huge.onnx",
  });
});

test("a structure without end is refused by its size", async () => {
  // 2^40 bytes of names, made as they are asked for: no file holds them.
  const unit = Buffer.from([0x12, 0x80, 0x08, ...new Array(1024).fill(97)]);
  const start = Buffer.from([0x08, 8]);
  const source = {
    name: "endless.onnx",
    size: 2 + unit.length * 2 ** 30,
    async read(offset: number, length: number) {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const at = offset + i;
        bytes[i] = (at < 2 ? start[at] : unit[(at - 2) % unit.length]) as number;
      }
      return bytes;
    },
    async close() {},
  };
  const model = openModel({ main: source, sibling: async () => null, close: async () => {} });
  await expect(model).rejects.toMatchObject({ code: "MODEL_STRUCTURE_TOO_LARGE" });
});
