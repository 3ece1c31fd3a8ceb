import { type ChildProcess, execFileSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { findArtefact, keepArtefact, sweepArtefacts } from "../../src/run/runtime/compiled/cache.ts";
import { makerHere, processorHash } from "../../src/run/runtime/compiled/maker.ts";
import { artefactOf, compileModel, openArtefact, openSession } from "../../src/run/runtime/index.ts";
import { packageFile } from "../models.ts";
import { SILERO_V5 } from "../packages.ts";
import { SEED } from "../seed.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, longs, seeded } from "./tensors.ts";

const SOURCE = "the digest of a model";

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-compiled-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("an artefact", () => {
  test("answers bit for bit as the model does, in plain ONNX Runtime without optimisation, and through a session", async () => {
    const path = fixture("convolution");
    const folder = scratch();
    writeFileSync(join(folder, "notes.txt"), "mine");
    const page = await compileModel({ path, source: SOURCE, folder });
    expect(page.measured.compared).toBeGreaterThan(0);
    const { path: graph } = await openArtefact(folder);
    const plain = await InferenceSession.create(graph, {
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
    });
    await using session = await openSession({ path: graph, optimize: false, threads: 1, batch: 0 });
    const next = seeded(SEED);
    for (let i = 0; i < 20; i++) {
      const [spec] = session.signature.inputs;
      const shape = (spec?.shape ?? []).map((dim) => (typeof dim === "number" ? dim : 1));
      const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (next() - 0.5) * 10);
      const feeds = { [spec?.name ?? ""]: floats(values, shape) };
      const expected = await bareRun(path, feeds);
      expect(await session.run(feeds)).toEqual(expected);
      const results = await plain.run(
        Object.fromEntries(
          Object.entries(feeds).map(([name, { data }]) => [
            name,
            new Tensor("float32", data as Float32Array, shape),
          ]),
        ),
      );
      for (const [name, { data }] of Object.entries(expected)) expect(results[name]?.data).toEqual(data);
    }
    await plain.release();
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("in the runtime's own format answers as the model does, and goes with the artefact it stands beside", async (context) => {
    for (const path of [fixture("convolution"), await packageFile(context, ...SILERO_V5)]) {
      const folder = scratch();
      const page = await compileModel({ path, source: SOURCE, folder, ort: true });
      expect(page.files.map(({ name }) => name)).toContain("model.ort");
      // The file's identifier (onnxruntime/core/flatbuffers/schema/ort.fbs).
      expect(readFileSync(join(folder, "model.ort")).toString("latin1", 4, 8)).toBe("ORTM");
      await openArtefact(folder);
      const own = await InferenceSession.create(path);
      const other = await InferenceSession.create(join(folder, "model.ort"));
      const next = seeded(7);
      const feeds = Object.fromEntries(
        own.inputMetadata.map((spec) => {
          const shape = (spec.isTensor ? spec.shape : []).map((dim) => (typeof dim === "number" ? dim : 1));
          const count = shape.reduce((a, b) => a * b, 1);
          if (spec.isTensor && spec.type === "int64")
            return [spec.name, new Tensor("int64", [16000n], shape)];
          // A frame of 512 samples behind 64 of the one before; the states of one stream.
          const sizes =
            spec.name === "state"
              ? [2, 1, 128]
              : spec.name === "input" && shape.length === 2
                ? [1, 576]
                : shape;
          const length =
            spec.name === "state" ? 256 : spec.name === "input" && shape.length === 2 ? 576 : count;
          return [
            spec.name,
            new Tensor(
              "float32",
              Float32Array.from({ length }, () => next() - 0.5),
              sizes,
            ),
          ];
        }),
      );
      const [expected, found] = [await own.run(feeds), await other.run(feeds)];
      for (const [name, { data }] of Object.entries(expected)) {
        const values = found[name]?.data as Float32Array;
        expect(values).toHaveLength((data as Float32Array).length);
        for (const [i, value] of (data as Float32Array).entries()) expect(values[i]).toBeCloseTo(value, 4);
      }
      await Promise.all([own.release(), other.release()]);
      await compileModel({ path, source: SOURCE, folder });
      expect(readdirSync(folder)).not.toContain("model.ort");
    }
  });

  test("of a model whose branches hold weights keeps them inside", async (context) => {
    const path = await packageFile(context, ...SILERO_V5);
    const folder = scratch();
    const { files } = await compileModel({ path, source: SOURCE, folder });
    expect(files.map(({ name }) => name)).toEqual(["model.onnx"]);
    const { path: graph } = await openArtefact(folder);
    await using session = await openSession({ path: graph, optimize: false, threads: 1, batch: 0 });
    const next = seeded(SEED);
    const random = (count: number) => Array.from({ length: count }, () => next() - 0.5);
    for (const [rate, samples] of [
      [8000n, 288],
      [16_000n, 576],
    ] as const) {
      const feeds = {
        input: floats(random(samples), [1, samples]),
        state: floats(random(256), [2, 1, 128]),
        sr: longs([rate], []),
      };
      expect(await session.run(feeds)).toEqual(await bareRun(path, feeds));
    }
  });

  test("is made again over an older one, whose weights go", async () => {
    const folder = scratch();
    await compileModel({ path: fixture("convolution"), source: "a", folder });
    const before = readdirSync(folder);
    const page = await compileModel({ path: fixture("mlp"), source: "b", folder });
    expect(readdirSync(folder).sort()).toEqual(
      [...page.files.map(({ name }) => name), "artefact.json"].sort(),
    );
    expect(before).not.toEqual(readdirSync(folder));
    expect((await openArtefact(folder)).artefact.source).toBe("b");
  });

  test("is not opened where it is damaged", async () => {
    const folder = scratch();
    const [graph, weights] = (await compileModel({ path: fixture("mlp"), source: SOURCE, folder })).files;
    const file = join(folder, weights?.name ?? "");
    const whole = readFileSync(file);
    truncateSync(file, whole.length - 1);
    await expect(openArtefact(folder)).rejects.toEqual(code("ARTEFACT_DAMAGED"));
    const flipped = Buffer.from(whole);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    writeFileSync(file, flipped);
    utimesSync(file, new Date(0), new Date(0));
    await expect(openArtefact(folder)).rejects.toEqual(code("ARTEFACT_DAMAGED"));
    // The same bytes copied at another time are as good as before.
    writeFileSync(file, whole);
    utimesSync(file, new Date(0), new Date(0));
    await openArtefact(folder);
    const text = readFileSync(join(folder, graph?.name ?? ""));
    text[20] = (text[20] ?? 0) ^ 1;
    writeFileSync(join(folder, graph?.name ?? ""), text);
    await expect(openArtefact(folder)).rejects.toEqual(code("ARTEFACT_DAMAGED"));
    rmSync(file);
    const path = join(folder, graph?.name ?? "");
    await expect(artefactOf(path)).rejects.toEqual(code("ARTEFACT_DAMAGED"));
    // By its weights it is known though its page says nothing; without them the page may be anybody's.
    writeFileSync(join(folder, "artefact.json"), "{");
    expect(await artefactOf(path)).toBeNull();
    writeFileSync(file, whole);
    await expect(artefactOf(path)).rejects.toEqual(code("ARTEFACT_DAMAGED"));
    for (const page of [
      "",
      "{",
      "null",
      '{"artefact":2}',
      '{"artefact":1,"made":{},"measured":{},"files":[{"name":"../x"}]}',
    ]) {
      writeFileSync(join(folder, "artefact.json"), page);
      await expect(openArtefact(folder)).rejects.toEqual(code("ARTEFACT_DAMAGED"));
    }
    rmSync(join(folder, "artefact.json"));
    await expect(openArtefact(folder)).rejects.toEqual(code("ARTEFACT_MISSING"));
    expect(await artefactOf(path)).toBeNull();
  });

  test("is not opened by another runtime, system or processor", async () => {
    const folder = scratch();
    await compileModel({ path: fixture("mlp"), source: SOURCE, folder });
    const here = makerHere();
    for (const key of ["runtime", "platform", "processor"] as const) {
      const other = { ...here, [key]: "another" };
      await expect(openArtefact(folder, other)).rejects.toEqual(code("ARTEFACT_FOREIGN"));
    }
  });

  test("whose answers change from run to run says that nothing was compared", async () => {
    const { measured } = await compileModel({ path: fixture("noise"), source: SOURCE, folder: scratch() });
    expect(measured.compared).toBe(0);
  });
});

describe("what cannot be compiled", () => {
  test("leaves nothing behind and says why", async () => {
    const folder = scratch();
    const none = join(folder, "none.onnx");
    await expect(compileModel({ path: none, source: SOURCE, folder })).rejects.toEqual(
      code("RUN_LOAD_FAILED"),
    );
    const path = fixture("mlp");
    await expect(
      compileModel({ path, source: SOURCE, folder, size: { nodes: 20_000, constants: 0 } }),
    ).rejects.toEqual(code("COMPILE_TOO_LARGE"));
    await expect(compileModel({ path, source: SOURCE, folder, signal: AbortSignal.abort() })).rejects.toEqual(
      code("ABORTED"),
    );
    const soon = new AbortController();
    const compiler = nextCompiler();
    const work = compileModel({ path, source: SOURCE, folder, signal: soon.signal });
    const seen = expect(work).rejects.toEqual(code("ABORTED"));
    await compiler;
    soon.abort();
    await seen;
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, "file"), "");
    await expect(compileModel({ path, source: SOURCE, folder: join(folder, "file") })).rejects.toEqual(
      code("FILE_UNWRITABLE"),
    );
  });
});

test.skipIf(process.platform !== "linux")(
  "a compiler that is killed is an error, and leaves nothing",
  async () => {
    const folder = scratch();
    const compiler = nextCompiler();
    const work = compileModel({ path: fixture("mlp"), source: SOURCE, folder });
    const seen = expect(work).rejects.toEqual(code("COMPILE_FAILED"));
    (await compiler).kill("SIGKILL");
    await seen;
    expect(readdirSync(folder)).toEqual([]);
  },
);

test.skipIf(process.platform !== "linux")(
  "a compiler that is ended together with the program, by Ctrl-C or a service's stop, is no model that cannot be compiled",
  async () => {
    const folder = scratch();
    for (const [signal, after] of [
      ["SIGINT", 0],
      ["SIGTERM", 40],
      ["SIGHUP", 120],
    ] as const) {
      const path = fixture("mlp");
      const compiler = nextCompiler();
      const work = keepArtefact(folder, { path, source: signal });
      const ended = work.then(
        () => "made",
        (error: { code: string }) => error.code,
      );
      const child = await compiler;
      await sleep(after);
      child.kill(signal);
      // Once its own code runs, it waits for whoever started it. It may have ended before.
      const how = await ended;
      expect(["made", "ABORTED"]).toContain(how);
      expect(await findArtefact(folder, signal)).toEqual(
        how === "made" ? { artefact: expect.anything() } : null,
      );
    }
  },
);

/** The next process that compiles, in the moment in which the system has it: long before it has done anything. */
function nextCompiler(): Promise<ChildProcess> {
  return new Promise((found) => {
    const watch = (message: unknown) => {
      const child = (message as { process: ChildProcess }).process;
      child.once("spawn", () => {
        if (!child.spawnargs.some((arg) => arg.includes("compiled/entry"))) return;
        unsubscribe("child_process", watch);
        found(child);
      });
    };
    subscribe("child_process", watch);
  });
}

test.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
  "a disk that fills leaves what was there, and nothing else",
  async (context) => {
    for (const size of ["16k", "80k"]) {
      const folder = scratch();
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", folder], { stdio: "ignore" });
      } catch {
        return context.skip("tmpfs cannot be mounted here");
      }
      onTestFinished(() => {
        execFileSync("umount", [folder]);
      });
      writeFileSync(join(folder, "artefact.json"), "what was there before");
      const path = fixture("mlp");
      await expect(compileModel({ path, source: SOURCE, folder })).rejects.toEqual(code("FILE_DISK_FULL"));
      expect(readdirSync(folder)).toEqual(["artefact.json"]);
      expect(readFileSync(join(folder, "artefact.json"), "utf8")).toBe("what was there before");
    }
  },
);

test.skipIf(process.platform !== "linux")(
  "a limit of the size of files is one of the disk, and leaves nothing",
  () => {
    const folder = scratch();
    const bin = join(import.meta.dirname, "../../bin/modelyard.js");
    // In blocks of 512 bytes, or of 1024.
    const command = `ulimit -f 30; exec "$0" "$@" 2>&1`;
    const args = ["-c", command, process.execPath, bin, "compile", fixture("mlp"), "-o", folder, "--json"];
    let printed = "";
    try {
      execFileSync("sh", args, { encoding: "utf8" });
    } catch (error) {
      printed = (error as { stdout: string }).stdout;
    }
    expect(printed).toContain('"code":"FILE_DISK_FULL"');
    expect(readdirSync(folder)).toEqual([]);
  },
);

describe("the cache of artefacts", () => {
  test("finds what it keeps, removes what is damaged, and remembers what cannot be had", async () => {
    const folder = scratch();
    const path = fixture("mlp");
    expect(await findArtefact(folder, SOURCE)).toBeNull();
    const made = await keepArtefact(folder, { path, source: SOURCE });
    expect(await findArtefact(folder, SOURCE)).toEqual({ artefact: made });
    appendFileSync(made.path, "x");
    expect(await findArtefact(folder, SOURCE)).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    // What another program is about to put there is its own.
    const again = await keepArtefact(folder, { path, source: SOURCE });
    const staging = join(again.path, "..", ".modelyard-other.part");
    mkdirSync(staging);
    appendFileSync(again.path, "x");
    expect(await findArtefact(folder, SOURCE)).toBeNull();
    expect(readdirSync(join(again.path, ".."))).toEqual([".modelyard-other.part"]);
    // Another model's, whole, in this one's folder.
    const other = join(await keepArtefact(folder, { path, source: "b" }).then((kept) => kept.path), "..");
    rmSync(join(again.path, ".."), { recursive: true });
    cpSync(other, join(again.path, ".."), { recursive: true, preserveTimestamps: true });
    expect(await findArtefact(folder, SOURCE)).toBeNull();
    expect(await findArtefact(folder, "b")).not.toBeNull();
    const broken = join(scratch(), "broken.onnx");
    writeFileSync(broken, "no model");
    await expect(keepArtefact(folder, { path: broken, source: "other" })).rejects.toEqual(
      code("RUN_LOAD_FAILED"),
    );
    expect(await findArtefact(folder, "other")).toHaveProperty("refused");
  });

  test("gives up what nobody has used for long", async () => {
    const folder = scratch();
    const day = 86_400_000;
    const made = await keepArtefact(folder, { path: fixture("mlp"), source: SOURCE });
    const now = Date.now();
    await sweepArtefacts(folder, now + 29 * day);
    expect((await openArtefact(join(made.path, ".."))).path).toBe(made.path);
    mkdirSync(join(made.path, "..", ".modelyard-x.part"));
    await sweepArtefacts(folder, now + 2 * day);
    expect(readdirSync(join(made.path, "..")).some((name) => name.endsWith(".part"))).toBe(false);
    await sweepArtefacts(folder, now + 31 * day);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("a processor is known by what the kernels use, in whatever order it is told", () => {
  const info = (flags: string) => `processor : 0\nflags\t\t: ${flags}\nbugs : none\n`;
  const one = processorHash(info("fpu avx2 fma ht"), "A");
  expect(processorHash(info("ht fma fpu avx2 hypervisor"), "B")).toBe(one);
  expect(processorHash(info("fpu avx2 fma avx512f"), "A")).not.toBe(one);
  expect(processorHash(null, "A")).not.toBe(processorHash(null, "B"));
});
