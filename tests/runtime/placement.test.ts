import { expect, test } from "vitest";
import { isUsed, placementOf, placementText } from "../../src/run/runtime/placement.ts";

const nodes = (device: string, ...operators: string[]) =>
  operators.map((operator, i) => ({ device, operator, name: `${device} ${i}` }));

test("what ran where, by device and operator", () => {
  const placement = placementOf([
    ...nodes("cpu", "LSTM", "Shape"),
    ...nodes("webgpu", "Conv", "Conv", "Transpose"),
  ]);
  expect(placement).toEqual({
    nodes: 5,
    computing: 3,
    shares: [
      {
        device: "webgpu",
        nodes: 3,
        computing: 2,
        operators: { Conv: 2, Transpose: 1 },
        names: ["webgpu 0", "webgpu 1", "webgpu 2"],
      },
      { device: "cpu", nodes: 2, computing: 1, operators: { LSTM: 1, Shape: 1 }, names: ["cpu 0", "cpu 1"] },
    ],
  });
  expect(placementText(placement)).toBe("webgpu 3 of 5 nodes, cpu 2 (LSTM 1, Shape 1)");
});

test("operators may have any name", () => {
  const placement = placementOf(nodes("cpu", "__proto__", "constructor", "__proto__"));
  expect(Object.entries(placement.shares[0]?.operators ?? {})).toEqual([
    ["__proto__", 2],
    ["constructor", 1],
  ]);
});

test("a device that only moves values does not compute the model", () => {
  const moved = [...nodes("webgpu", "Reshape", "Transpose", "MemcpyToHost"), ...nodes("cpu", "MatMul")];
  expect(isUsed("webgpu", placementOf(moved))).toBe(false);
  expect(isUsed("cpu", placementOf(moved))).toBe(true);
  expect(isUsed("webgpu", placementOf([...moved, ...nodes("webgpu", "Relu")]))).toBe(true);
});

test("where nothing is computed, moving counts; where nothing is known, nothing speaks against the device", () => {
  expect(isUsed("webgpu", placementOf(nodes("webgpu", "Reshape")))).toBe(true);
  expect(isUsed("webgpu", placementOf(nodes("cpu", "Reshape")))).toBe(false);
  expect(isUsed("webgpu", placementOf([]))).toBe(true);
  expect(isUsed("webgpu", null)).toBe(true);
});

test("a long list of operators is cut for a person", () => {
  const many = Array.from({ length: 9 }, (_, i) => `Op${i}`);
  const placement = placementOf([...nodes("webgpu", ...many, "Conv"), ...nodes("cpu", ...many)]);
  expect(placementText(placement)).toMatch(/^webgpu 10 of 19 nodes, cpu 9 \(Op0 1, .*Op5 1, …\)$/);
});
