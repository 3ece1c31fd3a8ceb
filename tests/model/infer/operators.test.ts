// Operators in the versions in which their attributes and inputs changed, held to onnx.shape_inference
// (tests/fixtures/infer/operators.py): what it knows is known, by number and by name.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Attribute, attribute, type Dim, type DType, inferTypes } from "../../../src/model/index.ts";
import { build } from "./build.ts";

interface Row {
  readonly op: string;
  readonly opset: number;
  readonly inputs: readonly ({
    readonly dtype: DType;
    readonly shape?: readonly Dim[] | null;
    readonly data?: number | readonly (number | string)[];
  } | null)[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly expected: readonly ({ readonly dtype: DType; readonly shape: readonly Dim[] | null } | null)[];
}

const rows: readonly Row[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/infer/operators.json"), "utf8"),
);

/** The attributes of the table are whole numbers, but for these. */
const FLOATS = new Set(["min", "max"]);

function attributeOf(name: string, value: unknown): Attribute {
  if (typeof value === "string") return attribute.string(value);
  if (Array.isArray(value)) return attribute.ints(value);
  return FLOATS.has(name) ? attribute.float(Number(value)) : attribute.int(Number(value));
}

test.for(rows.map((row) => [`${row.op} ${row.opset} ${JSON.stringify(row.inputs)}`, row] as const))(
  "%s",
  async ([, row]) => {
    const { model, input, constant, nodes } = build(row.opset);
    const inputs = row.inputs.map((spec, i) => {
      if (!spec) return null;
      if (spec.data === undefined) return input(`i${i}`, spec.dtype, spec.shape ?? null);
      const data = typeof spec.data === "number" ? [spec.data] : spec.data;
      return constant(
        `i${i}`,
        spec.dtype,
        typeof spec.data === "number" ? [] : [data.length],
        data.map((each) => (typeof each === "string" ? BigInt(each) : each)),
      );
    });
    const attributes = Object.fromEntries(
      Object.entries(row.attributes).map(([name, value]) => [name, attributeOf(name, value)]),
    );
    const outputs = nodes(row.op, row.expected.length, inputs, attributes);
    const types = await inferTypes(model);
    expect(types.contradictions).toEqual([]);
    for (const [i, expected] of row.expected.entries()) {
      if (!expected) continue;
      const type = types.typeOf(outputs[i] as never);
      if (type?.kind !== "tensor") throw new Error(`output ${i} is ${type?.kind}`);
      expect(type.dtype).toBe(expected.dtype);
      if (!expected.shape) continue;
      // Where the oracle knows nothing of a length, anything may be known.
      const known = type.shape?.map((dim, axis) => (expected.shape?.[axis] === null ? null : dim));
      expect(known).toEqual(expected.shape);
    }
  },
);
