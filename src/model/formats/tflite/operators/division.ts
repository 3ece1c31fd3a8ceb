import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Build } from "../convert/build.ts";
import { KERNELS } from "../convert/kernels.ts";
import { operator } from "../convert/operator.ts";
import { computedType, pointwise } from "../convert/pointwise.ts";

const REAL: ReadonlySet<DType> = new Set(KERNELS.real);

/** The remainder that has the sign of the divisor, as ONNX has it of whole numbers only. */
function floorMod(build: Build, a: Value, b: Value, dtype: DType): Value {
  if (!REAL.has(dtype)) return build.node("Mod", [a, b]);
  const zero = build.scalar(0, dtype);
  const rest = build.node("Mod", [a, b], { fmod: attribute.int(1) });
  const differs = build.node("Xor", [build.node("Less", [rest, zero]), build.node("Less", [b, zero])]);
  const isExact = build.node("Equal", [rest, zero]);
  const isWrong = build.node("And", [differs, build.node("Not", [isExact])]);
  return build.node("Where", [isWrong, build.node("Add", [rest, b]), rest]);
}

export const DIVISION = [
  // Whole numbers are divided towards zero by ONNX: less the remainder they divide exactly.
  operator("FLOOR_DIV", (op, build) => {
    const dtype = computedType(op, build, KERNELS.numbers);
    if (REAL.has(dtype))
      return pointwise(op, build, (a, b) => build.node("Floor", [build.node("Div", [a, b])]));
    // Wider, since the least number less its remainder may be beyond the type.
    pointwise(
      op,
      build,
      (a, b) => build.node("Div", [build.node("Sub", [a, build.node("Mod", [a, b])]), b]),
      ["int64"],
    );
  }),
  operator("FLOOR_MOD", (op, build) => {
    const dtype = computedType(op, build, KERNELS.numbers);
    pointwise(op, build, (a, b) => floorMod(build, a, b, dtype));
  }),
];
