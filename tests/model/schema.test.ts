// Operator schemas against what Python's onnx and onnxruntime declare, whose digest the generator leaves in fixtures.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  newestOpset,
  parameterAt,
  RUNTIME_OPSET,
  schemaOf,
  schemaVersions,
  typeName,
} from "../../src/model/index.ts";
import { fixture } from "./files.ts";
import { allSchemas } from "./schemas.ts";

test("every schema is the one that onnx and onnxruntime declare", () => {
  const { schemas, sha256 } = JSON.parse(fixture("operator-schemas.json").toString());
  const ours = allSchemas();
  expect(ours).toHaveLength(schemas);
  expect(createHash("sha256").update(JSON.stringify(ours)).digest("hex")).toBe(sha256);
});

test("an operator has the version of its operator set", () => {
  expect(schemaVersions("", "Add").map(({ since }) => since)).toEqual([1, 6, 7, 13, 14]);
  expect(schemaOf("", "Add", 12)?.since).toBe(7);
  expect(schemaOf("ai.onnx", "Add", 13)?.since).toBe(13);
  expect(schemaOf("", "Gelu", 19)).toBeUndefined();
  expect(schemaOf("", "Upsample", 22)?.deprecated).toBe(true);
  expect(schemaOf("com.microsoft", "FusedConv", 1)?.maxInputs).toBe(4);
  expect(schemaOf("com.microsoft", "GroupNorm", 1)?.cpu).toBe(false);
  expect(schemaOf("no.such.domain", "Add", 1)).toBeUndefined();
  expect(schemaOf("constructor", "__proto__", 1)).toBeUndefined();
  expect(newestOpset("ai.onnx")).toBeGreaterThan(RUNTIME_OPSET);
});

test("lists, optional inputs, defaults and subgraphs", () => {
  const loop = schemaOf("", "Loop", 16);
  expect(loop).toMatchObject({ minInputs: 2, maxInputs: Infinity, hasSubgraphs: true });
  expect(parameterAt(loop?.inputs ?? [], 9)).toMatchObject({ name: "v_initial", homogeneous: false });
  expect(parameterAt(schemaOf("", "Clip", 13)?.inputs ?? [], 3)).toBeUndefined();
  const selu = schemaOf("", "Selu", 22)?.attributes.get("alpha");
  expect(selu).toMatchObject({ kind: "float", required: false });
  expect(selu?.default).toEqual({ kind: "float", value: Math.fround(1.6732632) });
});

test("types are named as schemas name them", () => {
  const floats = { kind: "tensor", dtype: "float32", shape: [1] } as const;
  expect(typeName(floats)).toBe("tensor(float)");
  expect(typeName({ kind: "optional", element: { kind: "sequence", element: floats } })).toBe(
    "optional(seq(tensor(float)))",
  );
  expect(typeName({ kind: "sequence", element: { kind: "map", key: "int64", value: floats } })).toBe(
    "seq(map(int64,float))",
  );
  expect(typeName({ kind: "sequence", element: null })).toBeNull();
});
