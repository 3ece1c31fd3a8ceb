import type { Value } from "../../../graph/graph.ts";
import type { Build } from "../convert/build.ts";
import { operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";

/** The largest number of float32: in its place, infinities divide to what their directions say. */
const MOST = 3.4028234663852886e38;

/** Whether numbers are negative, zeros too: what one divided by them is tells. */
function isNegative(build: Build, x: Value): Value {
  const zero = build.scalar(0);
  const inverse = build.node("Reciprocal", [x]);
  return build.node("Or", [build.node("Less", [x, zero]), build.node("Less", [inverse, zero])]);
}

/** The angle of (x, y), of which ONNX has only that of the right half of the plane. */
function angle(build: Build, y: Value, x: Value): Value {
  const [zero, pi] = [build.scalar(0), build.scalar(Math.PI)];
  const within = (each: Value) => build.node("Clip", [each, build.scalar(-MOST), build.scalar(MOST)]);
  const isOrigin = build.node("And", [build.node("Equal", [x, zero]), build.node("Equal", [y, zero])]);
  const slope = build.node("Where", [isOrigin, y, build.node("Div", [within(y), within(x)])]);
  const turn = build.node("Where", [isNegative(build, y), build.scalar(-Math.PI), pi]);
  // On the axis itself, the slope is infinite either way.
  const isLeft = build.node("And", [
    isNegative(build, x),
    build.node("Or", [build.node("Not", [build.node("Equal", [x, zero])]), isOrigin]),
  ]);
  return build.node("Add", [build.node("Atan", [slope]), build.node("Where", [isLeft, turn, zero])]);
}

export const ANGLES = [
  operator("ATAN2", (op, build) => pointwise(op, build, (y, x) => angle(build, y, x), ["float32"])),
];
