import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findKept, keep } from "../../src/base/node/kept.ts";
import { agreement } from "../../src/run/runtime/choice/agree.ts";
import { type Comparison, choiceOf, isComparisonOf } from "../../src/run/runtime/choice/choice.ts";
import { chooseDevice } from "../../src/run/runtime/choice/choose.ts";
import { emptyFolder } from "../cli/modelyard.ts";

const spec = (dtype: "float32" | "float16" | "uint8" | "int64" | "string") => [
  { name: "y", dtype, shape: [null] },
];
const floats = (...values: number[]) => [[values.length], Float32Array.from(values)];

describe("answers of a device, held to the processor's", () => {
  test.each([
    ["the same", floats(1, -2, 4), floats(1, -2, 4), 0, true],
    ["another order of adding up", floats(1, -2, 4), floats(1, -2, 4.002), 0.0005, true],
    ["too far for the largest value", floats(1, -2, 4), floats(1, -2.01, 4), 0.0025, false],
    ["small values of a large tensor", floats(0.001, 1000), floats(0.002, 1000), 1e-6, true],
    ["zeros and nearly zeros", floats(0, 0), floats(1e-7, 0), 1e-4, true],
    ["not a number on one side", floats(1, 2), floats(1, Number.NaN), Number.POSITIVE_INFINITY, false],
    ["not a number on both", floats(1, Number.NaN), floats(1, Number.NaN), 0, true],
    ["infinity on both", floats(1, Number.POSITIVE_INFINITY), floats(1, Number.POSITIVE_INFINITY), 0, true],
    ["another shape", floats(1, 2), floats(1), 0, false],
  ])("%s", (_, cpu, device, error, agrees) => {
    const found = agreement(spec("float32"), cpu as never, device as never);
    expect(found.problem === null).toBe(agrees);
    if (Number.isFinite(error)) expect(found.error).toBeCloseTo(error, 5);
    else expect(found.error).toBe(error);
  });

  test("eight bits may be a step away, whole numbers and texts may not", () => {
    const bytes = (...values: number[]) => [[values.length], Uint8Array.from(values)] as never;
    expect(agreement(spec("uint8"), bytes(3, 200), bytes(4, 199)).problem).toBeNull();
    expect(agreement(spec("uint8"), bytes(3, 200), bytes(5, 200)).problem).toBe(
      "1 of 2 values of output y differ",
    );
    const longs = (...values: bigint[]) => [[values.length], BigInt64Array.from(values)] as never;
    expect(agreement(spec("int64"), longs(3n), longs(4n)).problem).not.toBeNull();
    const texts = (...values: string[]) => [[values.length], values] as never;
    expect(agreement(spec("string"), texts("a"), texts("a")).problem).toBeNull();
    expect(agreement(spec("string"), texts("a"), texts("b")).problem).not.toBeNull();
  });

  test("one pixel of thousands may fall to the other side of a tie", () => {
    const classes = (flipped: number) =>
      [[2000], BigInt64Array.from({ length: 2000 }, (_, i) => (i < flipped ? 1n : 0n))] as never;
    expect(agreement(spec("int64"), classes(0), classes(2)).problem).toBeNull();
    expect(agreement(spec("int64"), classes(0), classes(3)).problem).toMatch(/3 of 2000/);
  });
});

const compared = (device: string, verdict: Comparison["verdict"], own: number): Comparison => ({
  device,
  verdict,
  reason: `${verdict} at ${own}`,
  milliseconds: { cpu: 10, device: own },
  error: 0,
  placement: null,
});

test("the fastest of those that answer alike is taken; else the processor, and why", () => {
  expect(choiceOf([compared("webgpu", "faster", 5), compared("cuda", "faster", 2)]).device).toBe("cuda");
  expect(choiceOf([compared("webgpu", "differs", 1), compared("cuda", "faster", 9)]).device).toBe("cuda");
  expect(choiceOf([compared("webgpu", "slower", 20), compared("cuda", "fails", 0)])).toMatchObject({
    device: "cpu",
    reason: "webgpu slower at 20; cuda fails at 0",
  });
  expect(choiceOf([])).toEqual({ device: "cpu", reason: "", tried: [] });
});

test("a device that is named is not weighed, and the model is not read for it", async () => {
  const options = { path: "/nowhere.onnx", source: () => Promise.reject(new Error("asked")), folder: null };
  expect(await chooseDevice("webgpu", options)).toEqual({ device: "webgpu", reason: "", tried: [] });
  await expect(chooseDevice("abacus", options)).rejects.toMatchObject({ code: "RUN_DEVICE_UNKNOWN" });
});

describe("what is kept", () => {
  const isText = (value: unknown): value is string => typeof value === "string";

  test("is found again by all that it depends on, and for as long as it is believed", async () => {
    const folder = join(emptyFolder(), "devices");
    await keep(folder, ["webgpu", "580"], "slower");
    expect(await findKept(folder, ["webgpu", "580"], isText)).toBe("slower");
    expect(await findKept(folder, ["webgpu", "581"], isText)).toBeNull();
    expect(await findKept(folder, ["webgpu", "580"], isText, 0)).toBeNull();
  });

  test("may be found out by several at once", async () => {
    const folder = join(emptyFolder(), "devices");
    await Promise.all(Array.from({ length: 20 }, () => keep(folder, ["k"], "slower")));
    expect(await findKept(folder, ["k"], isText)).toBe("slower");
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("leaves nothing behind where it cannot be kept", async () => {
    const folder = join(emptyFolder(), "devices");
    await keep(folder, ["k"], "slower");
    const [name = ""] = readdirSync(folder);
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));
    await expect(keep(folder, ["k"], "slower")).rejects.toMatchObject({ code: "EISDIR" });
    expect(readdirSync(folder)).toEqual([name]);
  });

  test.each([
    ["as it was made", {}, true],
    ["of another device", { device: "cuda" }, false],
    ["a verdict that there is not", { verdict: "best" }, false],
    ["times that are none", { milliseconds: "short" }, false],
    ["half of the times", { milliseconds: { cpu: 1 } }, false],
    ["no times and no error", { milliseconds: null, error: null }, true],
    ["a placement that is none", { placement: "there" }, false],
  ])("a comparison, %s", (_, change, is) => {
    const kept = JSON.parse(JSON.stringify({ ...compared("webgpu", "faster", 5), ...change }));
    expect(isComparisonOf("webgpu", kept)).toBe(is);
  });

  test.each([
    "",
    "[",
    "null",
    '{"format":0,"value":"slower"}',
    '{"format":1,"made":1e15,"value":7}',
    '{"format":1,"made":1e15,"value":"from the year 33658"}',
  ])("a file that holds %s is none", async (text) => {
    const folder = join(emptyFolder(), "devices");
    await keep(folder, ["k"], "slower");
    const [name = ""] = readdirSync(folder);
    expect(readFileSync(join(folder, name), "utf8")).toContain("slower");
    writeFileSync(join(folder, name), text);
    expect(await findKept(folder, ["k"], isText)).toBeNull();
  });
});
