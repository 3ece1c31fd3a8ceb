// Devices are tried before they are used: on SwiftShader, a Vulkan driver in software that Debian's chromium carries.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeEach, describe, expect, test } from "vitest";
import { isRight, TRIAL_FEEDS, trialModel } from "../../src/run/runtime/providers/trial-model.ts";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "../cli/modelyard.ts";
import { fixture } from "./models.ts";
import { SWIFTSHADER, WANTED } from "./swiftshader.ts";

const MNIST = join(ROOT, "examples/models/mnist");
const SEVEN = join(MNIST, "seven.png");
test("the trial's model is one that ONNX Runtime takes, and only its own answer is right", async () => {
  const path = join(emptyFolder(), "trial.onnx");
  writeFileSync(path, trialModel());
  const session = await InferenceSession.create(path);
  const { x } = TRIAL_FEEDS;
  const { y } = await session.run({ x: new Tensor("float32", x.data, x.shape) });
  const answer = y?.data as Float32Array;
  expect(isRight(answer)).toBe(true);
  for (let i = 0; i < answer.length; i++) {
    const other = Float32Array.from(answer);
    other[i] = (other[i] ?? 0) + 1;
    expect(isRight(other)).toBe(false);
  }
  expect(isRight([])).toBe(false);
});

describe("without a driver", () => {
  const none = { VK_ICD_FILENAMES: "/nowhere/driver.json", VK_DRIVER_FILES: "/nowhere/driver.json" };

  test("a device that is named is not replaced: exit code 1, why, and what to do", async () => {
    const { code, stdout, stderr } = await modelyard(
      ["run", MNIST, SEVEN, "--device", "webgpu", "--json"],
      none,
    );
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error).toMatchObject({
      code: "RUN_DEVICE_ABSENT",
      hint: expect.stringContaining("--device cpu"),
    });
  });

  test("auto takes the processor", async () => {
    const { code, stdout } = await modelyard(["run", MNIST, SEVEN, "--device", "auto", "--json"], none);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)[0]).toMatchObject({ label: "7" });
  });

  test("doctor says what is missing and how to add it", async () => {
    const { code, stdout } = await modelyard(["doctor", "--json"], none);
    expect(code).toBe(0);
    const findings: { what: string }[] = JSON.parse(stdout).findings;
    expect(findings.find(({ what }) => what === "webgpu")).toMatchObject({
      state: "missing",
      remedy: expect.stringMatching(/\w/),
    });
  });
});

// A software driver compiles what each process runs, beside whatever else the machine does.
describe("on SwiftShader", { timeout: 300_000 }, () => {
  beforeEach((context) => context.skip(SWIFTSHADER === null, WANTED));

  const manifestPath = SWIFTSHADER ?? "";
  const driver = { VK_ICD_FILENAMES: manifestPath };

  test("doctor has seen it compute", async () => {
    const { stdout } = await modelyard(["doctor", "--json"], driver);
    const findings: { what: string }[] = JSON.parse(stdout).findings;
    expect(findings.find(({ what }) => what === "webgpu")).toMatchObject({ state: "ok" });
  });

  test("a model answers as on the processor", async () => {
    const answers = await Promise.all(
      ["cpu", "webgpu"].map(async (device) => {
        const { stdout, stderr } = await modelyard(
          ["run", MNIST, SEVEN, "--device", device, "--top", "10", "--json"],
          driver,
        );
        expect(stderr).toBe("");
        return new Map(
          (JSON.parse(stdout) as { label: string; score: number }[]).map((each) => [each.label, each.score]),
        );
      }),
    );
    const [cpu, gpu] = answers as [Map<string, number>, Map<string, number>];
    expect(cpu.size).toBe(10);
    for (const [label, score] of cpu) expect(gpu.get(label)).toBeCloseTo(score, 4);
  });

  test("which nodes ran where is told by operator", async () => {
    const model = fixture("keep-positive-rows");
    const { stdout } = await modelyard(["inspect", model, "--device", "webgpu", "--json"], driver);
    const { placement, ...choice } = JSON.parse(stdout).device;
    expect(choice).toMatchObject({ device: "webgpu", reason: "", tried: [] });
    expect(placement.nodes).toBe(5);
    expect(placement.shares).toMatchObject([
      { device: "webgpu", nodes: 4 },
      { device: "cpu", nodes: 1, computing: 1, operators: { Compress: 1 } },
    ]);
  });

  test("a device that would compute nothing of a model is not said to run it", async () => {
    const args = ["inspect", fixture("zeros"), "--device", "webgpu", "--json"];
    const { code, stderr } = await modelyard(args, driver);
    expect(code).toBe(1);
    expect(JSON.parse(stderr.trim()).error.code).toBe("RUN_DEVICE_UNUSED");
  });

  test("auto compares, says what it saw, and keeps it until the driver is another", async () => {
    const cache = emptyFolder();
    const env = { ...driver, MODELYARD_CACHE: cache };
    const run = async (more: NodeJS.ProcessEnv = {}) => {
      const args = ["run", MNIST, SEVEN, "--verbose", "--json"];
      const { stdout, stderr } = await modelyard(args, { ...env, ...more });
      expect(JSON.parse(stdout)[0]).toMatchObject({ label: "7" });
      return JSON.parse(stderr.trim());
    };
    const first = await run();
    const [seen] = first.tried;
    expect(first.tried).toHaveLength(1);
    expect(seen).toMatchObject({ device: "webgpu", verdict: expect.stringMatching(/^(slower|faster)$/) });
    expect(seen.error).toBeLessThan(1e-3);
    expect(seen.placement.shares).toMatchObject([{ device: "webgpu", nodes: 8 }]);
    expect(first.device).toBe(seen.verdict === "faster" ? "webgpu" : "cpu");

    const folder = join(cache, "devices");
    const [name = ""] = readdirSync(folder);
    const page = JSON.parse(readFileSync(join(folder, name), "utf8"));
    expect(page.value).toEqual(seen);
    // What was kept is believed: nothing else says that this device is the faster one.
    const reason = "was kept";
    const value = { ...seen, verdict: "faster", reason };
    writeFileSync(join(folder, name), JSON.stringify({ ...page, value }));
    expect(await run()).toMatchObject({ device: "webgpu", reason: "webgpu was kept" });

    const elsewhere = join(emptyFolder(), "driver.json");
    const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
    manifest.ICD.library_path = resolve(dirname(manifestPath), manifest.ICD.library_path);
    writeFileSync(elsewhere, JSON.stringify(manifest));
    const again = await run({ VK_ICD_FILENAMES: elsewhere });
    expect(again.reason).not.toContain(reason);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test("models of one server take turns on the device, and of each it tells where it runs", async () => {
    const folder = emptyFolder();
    const names = ["a", "b"];
    for (const name of names) {
      mkdirSync(join(folder, name));
      copyFileSync(join(MNIST, "1/mnist-8.onnx"), join(folder, name, "model.onnx"));
    }
    const { url } = await serve(folder, ["--no-log", "--device", "webgpu"], driver);
    const details = await Promise.all(
      names.map(async (name) => {
        await untilReady(url, name);
        return (await fetch(`${url}/models/${name}`)).json() as Promise<{ device: unknown }>;
      }),
    );
    const shares = [{ device: "webgpu", nodes: 8 }];
    for (const { device } of details)
      expect(device).toMatchObject({ name: "webgpu", reason: "", placement: { nodes: 8, shares } });
  });
});
