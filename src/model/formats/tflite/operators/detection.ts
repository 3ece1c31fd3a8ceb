import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { type FlexOptions, flexOptions } from "../convert/custom.ts";
import { custom, type Op } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { below } from "../convert/suppression.ts";

/** As many detections of a class as the regular way keeps, where the options do not say. */
const PER_CLASS = 100;
/** Boxes, classes of a box and classes of detectors: real ones have some hundreds, and the output takes memory for each. */
const MOST = 65_536;
/** What is behind the end of any axis. */
const END = Number.MAX_SAFE_INTEGER;
/** Detections that are not there sort behind all others. */
const NEVER = Number.NEGATIVE_INFINITY;

/** What of a detector's outputs the suppression works on. */
interface Candidates {
  /** [1, boxes, 4] as ymin, xmin, ymax, xmax. */
  readonly boxes: Value;
  /** [1, boxes, classes], without the background. */
  readonly scores: Value;
  readonly classes: number;
}

/** What stands for each detection, in the order of their scores: rows that may be fewer than the output has. */
interface Detections {
  readonly boxes: Value;
  readonly classes: Value;
  readonly scores: Value;
  readonly count: Value;
}

function cut(build: Build, value: Value, axis: number, from: number, to: number): Value {
  return build.node("Slice", [value, build.ints([from]), build.ints([to]), build.ints([axis])]);
}

/**
 * Boxes from centers and sizes relative to anchors. As in the kernel, each step is in 64 bits, and the result in 32
 * (tensorflow/lite/kernels/detection_postprocess.cc, DecodeCenterSizeBoxes).
 */
function decodedBoxes(op: Op, build: Build, options: FlexOptions): Value {
  const wide = (value: Value) => build.cast(value, "float64");
  const encodings = wide(build.real(op.input(0)));
  const anchors = wide(build.real(op.input(2)));
  const scales = (names: readonly string[]) =>
    build.numbersAs(
      "float64",
      [2],
      names.map((name) => options.number(name)),
    );
  const [centers, sizes] = [cut(build, anchors, 1, 0, 2), cut(build, anchors, 1, 2, 4)];
  const moved = build.node("Div", [cut(build, encodings, 2, 0, 2), scales(["y_scale", "x_scale"])]);
  const center = build.node("Add", [build.node("Mul", [moved, sizes]), centers]);
  const grown = build.node("Exp", [
    build.node("Div", [cut(build, encodings, 2, 2, 4), scales(["h_scale", "w_scale"])]),
  ]);
  const half = build.node("Mul", [build.node("Mul", [grown, build.scalar(0.5, "float64")]), sizes]);
  const [middle, reach] = [build.cast(center, "float32"), build.cast(half, "float32")];
  const corners = [build.node("Sub", [middle, reach]), build.node("Add", [middle, reach])];
  return build.node("Concat", corners, { axis: attribute.int(2) });
}

/** Boxes by class that stay beside better ones: rows of batch, class and box, each class in the order of its scores. */
function suppressed(build: Build, boxes: Value, scores: Value, most: number, options: FlexOptions): Value {
  return build.node("NonMaxSuppression", [
    boxes,
    scores,
    build.ints([most]),
    build.numbersAs("float32", [1], [options.number("nms_iou_threshold")]),
    // The kernel keeps what has the threshold, the runtime what is above it.
    build.numbersAs("float32", [1], [below(options.number("nms_score_threshold"))]),
  ]);
}

function column(build: Build, rows: Value, index: number): Value {
  return build.node("Squeeze", [cut(build, rows, 1, index, index + 1), build.ints([1])]);
}

/** Each box counts by its best class alone, and is given out with so many of its classes. */
function fast(build: Build, { boxes, scores, classes }: Candidates, options: FlexOptions): Detections {
  const most = options.integer("max_detections", 0, MOST);
  const perBox = options.integer("max_classes_per_detection", 1, MOST);
  const known = Math.min(perBox, classes);
  const [values, indices] = build.nodes("TopK", [scores, build.ints([known])], 2) as [Value, Value];
  const best = build.transpose(cut(build, values, 2, 0, 1), [0, 2, 1]);
  const at = column(build, suppressed(build, boxes, best, most, options), 2);
  const taken = (value: Value) => build.node("Gather", [build.node("Squeeze", [value, build.ints([0])]), at]);
  // [rows, perBox], with 0 for classes that there are not.
  const spread = (value: Value) => {
    if (known === perBox) return value;
    return build.node("Pad", [value, build.ints([0, 0, 0, perBox - known]), build.scalar(0)]);
  };
  const again = build.node("Expand", [
    build.node("Unsqueeze", [taken(boxes), build.ints([1])]),
    build.ints([1, perBox, 1]),
  ]);
  return {
    boxes: build.node("Reshape", [again, build.ints([-1, 4])]),
    classes: build.node("Reshape", [spread(build.cast(taken(indices), "float32")), build.ints([-1])]),
    scores: build.node("Reshape", [spread(taken(values)), build.ints([-1])]),
    count: build.node("Shape", [at]),
  };
}

/** Each class on its own, and then the best of all classes. */
function regular(build: Build, { boxes, scores }: Candidates, options: FlexOptions): Detections {
  const most = options.integer("max_detections", 0, MOST);
  const byClass = build.transpose(scores, [0, 2, 1]);
  const perClass = options.integer("detections_per_class", 1, MOST, PER_CLASS);
  const kept = suppressed(build, boxes, byClass, perClass, options);
  const ofKept = build.node("GatherND", [byClass, kept]);
  const join = (a: Value, b: Value) => build.node("Concat", [a, b], { axis: attribute.int(0) });
  // As many that are not there, so that there are enough to choose from.
  const rows = join(kept, build.node("Expand", [build.scalar(0, "int64"), build.ints([most, 3])]));
  const ranked = join(ofKept, build.node("Expand", [build.scalar(NEVER), build.ints([most])]));
  const [values, at] = build.nodes("TopK", [ranked, build.ints([most])], 2) as [Value, Value];
  const total = build.node("Shape", [ofKept]);
  const count = build.node("Min", [total, build.ints([most])]);
  const first = (value: Value) => build.node("Slice", [value, build.ints([0]), count, build.ints([0])]);
  const chosen = first(build.node("Gather", [rows, at]));
  return {
    boxes: build.node("Gather", [build.node("Squeeze", [boxes, build.ints([0])]), column(build, chosen, 2)]),
    classes: build.cast(column(build, chosen, 1), "float32"),
    scores: first(values),
    count,
  };
}

async function postProcess(op: Op, build: Build): Promise<void> {
  const options = await flexOptions(op, build);
  const classes = options.integer("num_classes", 1, MOST);
  const [, , width] = build.dims(op.input(1)) ?? [];
  const background = (width ?? -1) - classes;
  if (background !== 0 && background !== 1)
    throw refuse(`it has ${width ?? "an open number of"} scores for ${classes} classes`);
  const most = options.integer("max_detections", 0, MOST);
  const isRegular = options.number("use_regular_nms", 0) !== 0;
  const perBox = options.integer("max_classes_per_detection", 1, MOST);
  if (most * perBox > MOST) throw refuse(`it detects ${most} boxes of ${perBox} classes`);
  const all = build.real(op.input(1));
  const candidates = {
    boxes: decodedBoxes(op, build, options),
    scores: background === 0 ? all : cut(build, all, 2, 1, END),
    classes,
  };
  const found = (isRegular ? regular : fast)(build, candidates, options);
  // The outputs are always as long; the kernel leaves in them what it does not set.
  const filled = (value: Value, shape: readonly number[]) => {
    const zeros = build.node("Expand", [build.scalar(0), build.ints(shape)]);
    const long = build.node("Concat", [value, zeros], { axis: attribute.int(0) });
    return build.node("Unsqueeze", [cut(build, long, 0, 0, shape[0] as number), build.ints([0])]);
  };
  build.setReal(op.output(0), filled(found.boxes, [most * perBox, 4]));
  build.setReal(op.output(1), filled(found.classes, [most * perBox]));
  build.setReal(op.output(2), filled(found.scores, [most * perBox]));
  build.setReal(op.output(3), build.cast(found.count, "float32"));
}

export const DETECTION = [custom("TFLite_Detection_PostProcess", postProcess)];
