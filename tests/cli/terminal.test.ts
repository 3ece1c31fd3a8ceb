import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { barOf } from "../../src/cli/progress.ts";
import { columns } from "../../src/cli/terminal.ts";
import { BIN, ROOT } from "./modelyard.ts";

test("columns stand under each other, whatever colours the terminal is told", () => {
  const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;
  const rows = [["time", "model"].map(bold), ["10:00", "a"], ["9:00", "b"]];
  expect(columns(rows, "")).toBe(`${bold("time")}   ${bold("model")}\n10:00  a\n9:00   b`);
});

test("what a terminal has no place for is folded under its beginning, or below it", () => {
  const rows = [
    ["file", "a.onnx"],
    ["reason", "it goes into a convolution over one channel of 28×28"],
  ];
  expect(columns(rows, "  ", 40)).toBe(
    ["  file    a.onnx", "  reason  it goes into a convolution", "          over one channel of 28×28"].join(
      "\n",
    ),
  );
  const narrow = columns([["inputs.image.normalize", "nothing says how pixels are scaled"]], "  ", 30);
  expect(narrow).toBe(
    ["  inputs.image.normalize", "      nothing says how pixels", "      are scaled"].join("\n"),
  );
  expect(columns(rows, "  ")).not.toContain("convolution\n");
});

test("a huge name stands out of its column, and widens no other row", () => {
  const rows = [["x".repeat(1_000_000), "float32"], ...Array.from({ length: 1000 }, () => ["y", "int8"])];
  expect(columns(rows, "").length).toBeLessThan(1_100_000);
});

test.each([
  ["npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx", 80],
  ["npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx", 40],
  ["m.onnx", 80],
  ["{bar}{label}", 200],
])("the bar for %s has its figures on a line of %i", (label, width) => {
  const { format, barsize } = barOf(label, width);
  const line = format
    .replace("{bar}", "=".repeat(barsize))
    .replace("{percentage}", "100")
    .replace("{amount}", "999 MB of 999 MB");
  expect(line.length).toBeLessThan(width);
  expect(line).toContain(label.replace(/[{}]/g, "_").slice(-3));
  expect(barsize).toBeGreaterThanOrEqual(10);
});

test.each([["--json"], ["--graph"], []])(
  "a reader who goes away is no error: inspect %s",
  async (...options) => {
    const child = spawn(process.execPath, [BIN, "inspect", "examples/models/mnist", ...options], {
      cwd: ROOT,
    });
    child.stdout.destroy();
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(said).toBe("");
  },
);

test("what doctor says has its place on a narrow terminal", async (context) => {
  if (process.platform !== "linux") return context.skip("script(1) takes other options elsewhere");
  const command = `stty cols 72; ${process.execPath} ${BIN} doctor`;
  const nowhere = { VK_ICD_FILENAMES: "/nowhere/driver.json", VK_DRIVER_FILES: "/nowhere/driver.json" };
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { ...process.env, ...nowhere },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  await once(child, "close");
  const lines = said.split("\r\n");
  expect(lines.find((line) => line.startsWith("missing  webgpu"))).toContain("Graphics processor");
  expect(lines.filter((line) => line.length > 72)).toEqual([]);
});
