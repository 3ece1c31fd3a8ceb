// The child process in which the hostile set and its mutations are run, so that nothing they do ends the tests.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder, ROOT } from "../../cli/modelyard.ts";
import { HOSTILE, type Hostile } from "./set.ts";

export interface Outcome {
  /** Every operation that neither answered nor failed with a code, and why. */
  readonly failures: readonly string[];
  /** How often operations ended with each code; "" is an answer. */
  readonly codes: Readonly<Record<string, number>>;
  /** Bytes by which the process grew over what it had before the first model. */
  readonly taken: number;
}

/** The set as a folder, a numbered folder a model. */
export function dumpSet(set: readonly Hostile[] = HOSTILE, file = "model.onnx"): string {
  const folder = emptyFolder();
  set.forEach(({ name, bytes, siblings }, i) => {
    add(folder, i, { name, bytes, file }, siblings);
  });
  return folder;
}

/** The set of malformed .tflite files and good ones to begin with. */
export function dumpTflite(
  set: readonly Hostile[],
  good: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [],
): string {
  const folder = dumpSet(set, "model.tflite");
  good.forEach((each, i) => {
    add(folder, set.length + i, { ...each, file: "model.tflite" });
  });
  return folder;
}

/** The set and good models to begin with: those of the fixtures, and more. */
export function dumpCorpus(more: readonly string[] = []): string {
  const folder = dumpSet();
  const fixtures = ["tests/fixtures", "examples"].flatMap((below) =>
    readdirSync(join(ROOT, below), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".onnx"))
      .sort()
      .map((name) => join(ROOT, below, name)),
  );
  [...fixtures, ...more].forEach((path, i) => {
    add(folder, HOSTILE.length + i, { name: path, bytes: readFileSync(path), file: "model.onnx" });
  });
  return folder;
}

function add(
  folder: string,
  place: number,
  { name, bytes, file }: { readonly name: string; readonly bytes: Uint8Array; readonly file: string },
  siblings: Hostile["siblings"] = {},
): void {
  // Names of equal length sort as they were added: a seed means the same models each time.
  const own = join(folder, String(place).padStart(5, "0"));
  mkdirSync(own);
  writeFileSync(join(own, "name"), name);
  writeFileSync(join(own, file), bytes);
  for (const [of, content] of Object.entries(siblings)) writeFileSync(join(own, of), content);
}

/**
 * @param heap MB of JavaScript objects, so that what is measured is what is needed, and not what the collector leaves lying
 * @param seconds after which it is killed
 */
export async function runChild(
  args: readonly string[],
  { heap, seconds }: { heap: number; seconds: number },
): Promise<Outcome> {
  const [what, folder = "", seed] = args;
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${heap}`,
      "--max-semi-space-size=4",
      join(import.meta.dirname, "child.js"),
      ...args,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let printed = "";
  child.stdout.on("data", (piece) => {
    printed += piece;
  });
  child.stderr.on("data", (piece) => {
    printed += piece;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1_000);
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => {
    child.on("close", (...ended) => done(ended));
  });
  clearTimeout(timer);
  if (code !== 0) {
    const at = readFileSync(join(folder, what === "fuzz" ? `at-${seed}` : "at"), "utf8").trim();
    throw new Error(
      `the process ended with ${signal ?? code} at ${at} (${folder})\n${printed.slice(-4_000)}`,
    );
  }
  const lines = printed.trim().split("\n");
  const { codes, taken } = JSON.parse(lines.at(-1) ?? "");
  return { failures: lines.slice(0, -1), codes, taken };
}
