// `modelyard tune` on a real model, as a user runs it.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measure } from "../../src/run/tune/variant/child.ts";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist");
const SEVEN = join(MNIST, "seven.png");
/** As short as a measurement can be. */
const SHORT = ["--window", "0.02", "--warm-up", "0", "--windows", "3", "--callers", "2", "--threads", "1"];

const ended = async (args: readonly string[], cwd: string) => {
  const { code, stdout, stderr } = await modelyard(["tune", ...args, "--json"], {}, cwd);
  return { code, stderr, answer: code === 0 ? JSON.parse(stdout) : JSON.parse(stderr).error };
};

test("variants are made, measured, held to the truth, and one is chosen that runs and answers", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "samples", "7"), { recursive: true });
  mkdirSync(join(folder, "samples", "8"));
  copyFileSync(SEVEN, join(folder, "samples", "7", "a.png"));
  copyFileSync(SEVEN, join(folder, "samples", "8", "wrong.png"));
  const args = [
    MNIST,
    "samples",
    "-o",
    "out",
    ...SHORT,
    "--precision",
    "original,int8,fp16",
    "--minimize",
    "size",
  ];
  const { answer, stderr } = await ended(args, folder);
  expect(stderr).toBe("");
  expect(answer).toMatchObject({
    metric: "top-1 error",
    samples: 2,
    truths: 2,
    originalError: 0.5,
    goal: "size",
  });
  expect(answer.rows).toHaveLength(6);
  for (const { figures, failed, place, variant } of answer.rows) {
    // Convolutions are left as they are, and there is nothing else: no figures of a copy.
    if (variant.precision === "int8") {
      expect(figures).toBeNull();
      expect(failed).toMatchObject({
        code: "TUNE_UNCHANGED",
        message: expect.stringMatching(/^int8 changes nothing .*: 2 left as they are, since convolutions/),
      });
      continue;
    }
    expect(failed).toBeNull();
    expect(place.device).toBe("cpu");
    // As wrong as the original is no more wrong.
    expect(figures.error).toBe(0);
    for (const name of ["latency", "throughput", "memory", "size", "load"])
      expect(figures[name], name).toBeGreaterThan(0);
  }
  const chosen = answer.rows.filter((row: { chosen: boolean }) => row.chosen);
  const smallest = Math.min(
    ...answer.rows.map((row: { figures: { size: number } | null }) => row.figures?.size ?? Infinity),
  );
  expect(chosen).toHaveLength(1);
  expect(chosen[0].figures.size).toBe(smallest);
  expect(chosen[0].variant).toMatchObject({ precision: "fp16", compiled: false });
  const ran = await modelyard(["run", "out/chosen", SEVEN, "--json"], {}, folder);
  expect(JSON.parse(ran.stdout).classes?.[0] ?? JSON.parse(ran.stdout)[0]).toMatchObject({ label: "7" });
  expect(readFileSync(join(folder, "out", "chosen", "model.yaml"), "utf8")).toMatch(/threads: 1/);
  const page = readFileSync(join(folder, "out", "report.html"), "utf8");
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page).not.toMatch(/src=|href=/);
  expect(page).toContain("fp16, 1 × 1 thread: the least size");
}, 900_000);

test("a search that was stopped goes on where it was, and what was measured stays", async () => {
  const folder = emptyFolder();
  const args = ["tune", MNIST, "-o", "out", ...SHORT, "--precision", "original,fp16", "--compiled", "no"];
  const child = spawn(process.execPath, [join(ROOT, "bin/modelyard.js"), ...args], { cwd: folder });
  const gone = new Promise<string | null>((done) => child.once("exit", (_, signal) => done(signal)));
  // Once the first line is there, the second is being worked on.
  await new Promise<void>((done) => {
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += String(chunk);
      if (/^original, 1 × 1 thread/m.test(said)) done();
    });
    child.once("exit", () => done());
  });
  child.kill("SIGINT");
  expect(await gone).toBe("SIGINT");
  const page = () => JSON.parse(readFileSync(join(folder, "out", "tune.json"), "utf8"));
  const before = page().costs;
  expect(Object.keys(before)).toContain("original, 1 × 1 thread");
  expect(readdirSync(join(folder, "out"))).not.toContain("chosen");
  const first = await ended(args.slice(1), folder);
  expect(first.code, first.stderr).toBe(0);
  expect(page().costs["original, 1 × 1 thread"]).toEqual(before["original, 1 × 1 thread"]);
  const { mtimeMs } = statSync(join(folder, "out", "tune.json"));
  // Other limits are another choice among the same figures.
  const limited = await ended([...args.slice(1), "--max-memory", "1kB"], folder);
  expect(limited).toMatchObject({ code: 1, answer: { code: "TUNE_NO_VARIANT" } });
  expect(limited.answer.message).toMatch(/memory is [\d.]+ MB, at most 0.001 MB was asked for/);
  expect(statSync(join(folder, "out", "tune.json")).mtimeMs).toBe(mtimeMs);
}, 900_000);

test.for([
  [["nowhere", "-o", "out"], "FILE_NOT_FOUND"],
  [[MNIST, "nowhere.png", "-o", "out"], "FILE_NOT_FOUND"],
  [[MNIST, "-o", "out", "--precision", "int3"], "MEASURE_OPTION"],
  [[MNIST, "-o", "out", "--compiled", "perhaps"], "MEASURE_OPTION"],
  [[MNIST, "-o", "out", "--max-error", "200%"], "MEASURE_OPTION"],
  [[MNIST, "-o", "out", "--max-memory", "much"], "SERVE_NOT_A_SIZE"],
  [[MNIST, "-o", "out", "--minimize", "throughput"], "MEASURE_OPTION"],
  [[MNIST, "-o", "out", "--minimize", "size", "--maximize", "throughput"], "MEASURE_OPTION"],
  [[MNIST, join(ROOT, "package.json"), "-o", "out"], "TUNE_SAMPLE"],
  [[MNIST, join(ROOT, "README.md"), "-o", "out"], "TUNE_SAMPLE"],
  [[MNIST, "-o", "."], "TUNE_FOLDER"],
  [[MNIST, "labelled", "-o", "out"], "TUNE_LABELS"],
  [[MNIST, "listed", "-o", "out"], "TUNE_LABELS"],
  [[MNIST, "broken", "-o", "out"], "TUNE_LABELS"],
  [[MNIST, "misnamed", "-o", "out"], "TUNE_LABELS"],
] as const)("%j is refused", async ([args, expected]) => {
  const folder = emptyFolder();
  writeFileSync(join(folder, "mine.txt"), "not yours");
  for (const [name, labels] of [
    ["labelled", '{"nobody.png": "7"}'],
    ["listed", '["7"]'],
    ["broken", "7, 8"],
    ["misnamed", '{"a.png": "Seven"}'],
  ] as const) {
    mkdirSync(join(folder, name));
    copyFileSync(SEVEN, join(folder, name, "a.png"));
    writeFileSync(join(folder, name, "labels.json"), labels);
  }
  const { code, answer } = await ended([...args, ...SHORT], folder);
  expect(answer).toMatchObject({ code: expected });
  expect(code).toBe(1);
  expect(readFileSync(join(folder, "mine.txt"), "utf8")).toBe("not yours");
});

test("a process that dies while it measures is told of", async () => {
  const order = {
    kind: "cost",
    place: { source: MNIST },
    serving: { instances: 1, threads: 1, batch: null },
    callers: 1,
    window: 60,
    warmUp: 0,
    windows: 3,
  } as const;
  const measuring = measure(order, new AbortController().signal);
  const outcome = expect(measuring).rejects.toMatchObject({
    code: "TUNE_DIED",
    message: expect.stringContaining("SIGKILL"),
  });
  for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
  await outcome;
});

/** Processes whose parent this is, that measure. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return (
          Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent &&
          command.includes("tune/variant")
        );
      } catch {
        // Gone meanwhile.
        return false;
      }
    })
    .map(Number);
}
