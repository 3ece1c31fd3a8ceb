// Devices are tried before they are used: on SwiftShader, a Vulkan driver in software that Debian's chromium carries.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeEach, describe, expect, test } from "vitest";
import { isRight, TRIAL_FEEDS, trialModel } from "../../src/run/runtime/providers/trial-model.ts";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "../cli/modelyard.ts";
import { fixture } from "./models.ts";
import { SWIFTSHADER, WANTED } from "./swiftshader.ts";

const MNIST = join(ROOT, "examples/models/mnist");
/** What `run --json` prints where a device is named. */
interface Placed {
  readonly answer: { label: string; score: number }[];
  readonly device: { device: string; placement: { shares: { device: string; nodes: number }[] } | null };
}
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

// Each command starts a process that tries the device.
describe("without a driver", { timeout: 300_000 }, () => {
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
    expect(JSON.parse(stdout)).toMatchObject({
      answer: [{ label: "7" }, ...Array(4).fill({})],
      device: { device: "cpu", placement: null, reason: expect.stringContaining("modelyard doctor") },
    });
    const { stderr } = await modelyard(["run", MNIST, SEVEN, "--device", "auto", "--verbose"], none);
    expect(stderr).toMatch(/^runs on cpu: no other device has what it needs here; /);
  });

  test("serve ends before it listens, whoever names the device: the command, or the model.yaml of one of its models", async () => {
    const folder = emptyFolder();
    for (const name of ["a", "b"]) {
      mkdirSync(join(folder, name));
      copyFileSync(join(MNIST, "1/mnist-8.onnx"), join(folder, name, "model.onnx"));
    }
    const ended = async (args: readonly string[]) => {
      const { code, stdout, stderr } = await modelyard(
        ["serve", folder, "--no-log", "--port", "0", "--json", ...args],
        none,
      );
      expect(stdout).toBe("");
      expect(code).toBe(1);
      return JSON.parse(stderr.trim()).error;
    };
    expect(await ended(["--device", "webgpu"])).toMatchObject({ code: "RUN_DEVICE_ABSENT" });
    expect(await ended(["--device", "abacus"])).toMatchObject({ code: "RUN_DEVICE_UNKNOWN" });
    writeFileSync(join(folder, "b/model.yaml"), "serving:\n  device: webgpu\n");
    const where = join(folder, "b/model.yaml:2:11");
    expect(await ended([])).toMatchObject({ code: "RUN_DEVICE_ABSENT", where });
    const inner = join(folder, "p/inner");
    mkdirSync(inner, { recursive: true });
    for (const name of ["model.onnx", "model.yaml"]) renameSync(join(folder, "b", name), join(inner, name));
    copyFileSync(join(folder, "a/model.onnx"), join(folder, "b/model.onnx"));
    writeFileSync(join(folder, "p/pipeline.yaml"), "input: image\nsteps:\n  read: { model: inner }\n");
    expect(await ended([])).toMatchObject({
      code: "RUN_DEVICE_ABSENT",
      where: join(inner, "model.yaml:2:11"),
    });
    // What is said for all goes before what a model.yaml says.
    const { url } = await serve(folder, ["--no-log", "--no-compile", "--device", "cpu"], none);
    await untilReady(url, "p");
    const ran = await modelyard(["run", join(folder, "p"), SEVEN, SEVEN, "--device", "cpu", "--json"], none);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      answers: [{ input: SEVEN }, { input: SEVEN }],
      devices: { read: { device: "cpu", placement: null } },
    });
    const told = await modelyard(["run", join(folder, "p"), SEVEN, "--device", "cpu", "--verbose"], none);
    expect(told.stderr).toBe("step read runs on cpu\n");
  });

  test("tune and bench end so too, also where the model.yaml names it", async () => {
    const folder = emptyFolder();
    copyFileSync(join(MNIST, "1/mnist-8.onnx"), join(folder, "model.onnx"));
    writeFileSync(join(folder, "model.yaml"), "serving:\n  device: webgpu\n");
    for (const args of [
      ["tune", folder, "-o", join(folder, "out")],
      ["bench", folder],
      ["tune", MNIST, "-o", join(folder, "out"), "--device", "webgpu"],
      ["bench", MNIST, "--device", "webgpu"],
    ]) {
      const { code, stdout, stderr } = await modelyard([...args, "--json"], none);
      expect(code, args.join(" ")).toBe(1);
      expect(stdout).toBe("");
      expect(JSON.parse(stderr.trim()).error.code).toBe("RUN_DEVICE_ABSENT");
    }
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
describe("on SwiftShader", { timeout: 900_000 }, () => {
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
        const { answer, device: place } = JSON.parse(stdout) as Placed;
        expect(place.device).toBe(device);
        const shares = place.placement?.shares.map((share) => [share.device, share.nodes]) ?? null;
        expect(shares).toEqual(device === "cpu" ? null : [["webgpu", 8]]);
        return new Map(answer.map((each) => [each.label, each.score]));
      }),
    );
    const [cpu, gpu] = answers as [Map<string, number>, Map<string, number>];
    expect(cpu.size).toBe(10);
    for (const [label, score] of cpu) expect(gpu.get(label)).toBeCloseTo(score, 4);
  });

  test("it computes too where no temporary file can be written, as in a container with a read-only root", async () => {
    const { code, stdout, stderr } = await modelyard(["run", MNIST, SEVEN, "--device", "webgpu", "--json"], {
      ...driver,
      TMPDIR: "/proc/nowhere",
    });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ device: { placement: { shares: [{ device: "webgpu" }] } } });
  });

  test("which nodes ran where is told by operator and by name", async () => {
    const model = fixture("keep-positive-rows");
    const { stdout } = await modelyard(["inspect", model, "--device", "webgpu", "--json"], driver);
    const { placement, ...choice } = JSON.parse(stdout).device;
    expect(choice).toMatchObject({ device: "webgpu", reason: "", tried: [] });
    expect(placement.nodes).toBe(5);
    expect(placement.shares).toMatchObject([
      { device: "webgpu", nodes: 4 },
      {
        device: "cpu",
        nodes: 1,
        computing: 1,
        operators: { Compress: 1 },
        names: [expect.stringMatching(/^Compress_/)],
      },
    ]);
    expect(new Set(placement.shares.flatMap(({ names }: { names: string[] }) => names)).size).toBe(5);
  });

  test("a device that would compute nothing of a model is not said to run it", async () => {
    const args = ["inspect", fixture("zeros"), "--device", "webgpu", "--json"];
    const { code, stderr } = await modelyard(args, driver);
    expect(code).toBe(1);
    expect(JSON.parse(stderr.trim()).error.code).toBe("RUN_DEVICE_UNUSED");
  });

  test("tune tells where each variant ran, and keeps the device that was named", async () => {
    const folder = emptyFolder();
    const short = [
      "--window",
      "0.02",
      "--warm-up",
      "0",
      "--windows",
      "3",
      "--callers",
      "2",
      "--threads",
      "1",
    ];
    const args = [
      "tune",
      MNIST,
      SEVEN,
      "-o",
      "out",
      "--device",
      "webgpu",
      "--precision",
      "original",
      ...short,
    ];
    const { stdout, stderr } = await modelyard([...args, "--compiled", "no", "--json"], driver, folder);
    expect(stderr).toBe("");
    const shares = [{ device: "webgpu", nodes: 8 }];
    expect(JSON.parse(stdout).rows).toMatchObject([
      { place: { device: "webgpu", reason: "", placement: { nodes: 8, shares } } },
    ]);
    expect(readFileSync(join(folder, "out/report.html"), "utf8")).toContain("device webgpu 8 of 8 nodes");
    expect(readFileSync(join(folder, "out/chosen/model.yaml"), "utf8")).toContain("device: webgpu");
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
