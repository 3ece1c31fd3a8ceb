import type { DType } from "../../../tensor/dtype.ts";
import type { ValueType } from "../../graph.ts";
import { constantsOf } from "../../walk.ts";
import type { Rule } from "../rule.ts";

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
};

export const irFeature: Rule = {
  id: "ir-feature",
  severity: "warning",
  title: "Something that files of this version do not have",
  remedy: "Write the file as a newer IR version.",
  model({ model, scopes }, found) {
    const needs = new Map<string, number>();
    const see = (what: string, version: number | undefined) => {
      if (version !== undefined && version > model.irVersion) needs.set(what, version);
    };
    if (model.functions.length > 0) see("functions", 8);
    for (const { dtype } of constantsOf(model)) see(`elements of ${dtype}`, TYPES[dtype]);
    for (const { graph } of scopes.values()) {
      for (const { type, sparse } of graph.values.values()) {
        if (sparse) see("sparse constants", 5);
        if (type?.kind === "optional") see("optional values", 8);
        const dtype = dtypeOf(type);
        if (dtype) see(`elements of ${dtype}`, TYPES[dtype]);
      }
    }
    for (const [what, version] of needs)
      found(
        `The model has ${what}, which came with IR version ${version}; the file says ${model.irVersion}.`,
      );
  },
};

function dtypeOf(type: ValueType | null): DType | null {
  if (type === null) return null;
  if (type.kind === "sequence" || type.kind === "optional") return dtypeOf(type.element);
  return type.kind === "tensor" || type.kind === "sparse" ? type.dtype : null;
}
