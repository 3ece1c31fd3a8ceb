import type { DType } from "../tensor/dtype.ts";
import type { Model, ValueType } from "./graph.ts";
import { constantsOf, graphsOf } from "./walk.ts";

/** Versions of the file format that brought element types (onnx.proto, Version). */
const TYPES: Readonly<Partial<Record<DType, number>>> = {
  float8e4m3fn: 9,
  float8e4m3fnuz: 9,
  float8e5m2: 9,
  float8e5m2fnuz: 9,
  int4: 10,
  uint4: 10,
  float4e2m1: 11,
  float8e8m0: 12,
  int2: 13,
  uint2: 13,
  float6e2m3: 14,
  float6e3m2: 14,
};

/** What a model holds that came with a version of the file format after `since`, and that version. */
export function irFeatures(model: Model, since: number): ReadonlyMap<string, number> {
  const needs = new Map<string, number>();
  const see = (what: string, version: number | undefined) => {
    if (version !== undefined && version > since) needs.set(what, version);
  };
  const seeType = (dtype: DType) => see(`elements of ${dtype}`, TYPES[dtype]);
  if (model.functions.length > 0) see("functions", 8);
  for (const { dtype } of constantsOf(model)) seeType(dtype);
  for (const graph of graphsOf(model)) {
    for (const { type, sparse } of graph.values.values()) {
      if (sparse) see("sparse constants", 5);
      if (type?.kind === "optional") see("optional values", 8);
      const dtype = dtypeOf(type);
      if (dtype) seeType(dtype);
    }
  }
  return needs;
}

function dtypeOf(type: ValueType | null): DType | null {
  if (type === null) return null;
  if (type.kind === "sequence" || type.kind === "optional") return dtypeOf(type.element);
  return type.kind === "tensor" || type.kind === "sparse" ? type.dtype : null;
}
