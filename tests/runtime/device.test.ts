// Devices are tried before they are used: on SwiftShader, a Vulkan driver in software that Debian's chromium carries.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeEach, describe, expect, test } from "vitest";
import { isRight, TRIAL_FEEDS, trialModel } from "../../src/run/runtime/providers/trial-model.ts";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist");
const SEVEN = join(MNIST, "seven.png");
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1"];
const HAS_SWIFTSHADER = existsSync(SWIFTSHADER) && LOADERS.some((path) => existsSync(path));
const WANTED = "needs Debian's chromium and libvulkan1";

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

describe("on SwiftShader", () => {
  beforeEach((context) => context.skip(!HAS_SWIFTSHADER, WANTED));

  const driver = { VK_ICD_FILENAMES: SWIFTSHADER };

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
});
