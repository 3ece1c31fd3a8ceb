import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { setActivated } from "../convert/activation.ts";
import type { Build } from "../convert/build.ts";
import { flexOptions, structOptions } from "../convert/custom.ts";
import { custom, type Op } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { unwind } from "../convert/unwind.ts";
import { windowAttributes } from "../convert/window.ts";
import { type Activation, ENUMS, type Padding } from "../schema/types.ts";

/** TfLitePadding and TfLiteFusedActivation of tensorflow/lite/core/c/builtin_op_data.h. */
const PADDINGS: readonly (Padding | undefined)[] = [undefined, "SAME", "VALID"];

function paddingOf(number: number | undefined): Padding {
  const padding = PADDINGS[number ?? 0];
  if (!padding) throw refuse(`its padding is ${number}`);
  return padding;
}

/** Lengths that are worked with, and that custom operators ask for; the largest pictures of models are some thousands wide. */
const MAX_LENGTH = 65_536;

/** Lengths of [N, H, W, C] that are all known. */
function known(build: Build, op: Op): [number, number, number, number] {
  const dims = build.dims(op.input(0));
  if (dims?.length !== 4 || dims.includes(null)) throw refuse("a length of its input is open");
  if (dims.some((length) => Number(length) > MAX_LENGTH)) throw refuse(`its input is ${dims.join("×")}`);
  return dims as [number, number, number, number];
}

/** Weights are [out, height, width, in]; the output is as long as the input's reach, less what a convolution of it would pad. */
async function transposedWithBias(op: Op, build: Build): Promise<void> {
  const [padding, strideWidth = 0, strideHeight = 0] = await structOptions(op, build, 3);
  const [input, weight, bias] = [op.input(0), op.input(1), op.input(2)];
  if (weight.shape.length !== 4) throw refuse(`its weights are ${weight.shape.join("×")}`);
  const [, height, width] = known(build, op);
  const kernel = weight.shape.slice(1, 3);
  const strides = [strideHeight, strideWidth];
  const from = [height, width];
  if (strides.some((stride) => stride < 1)) throw refuse(`its strides are ${strides.join()}`);
  const to = from.map((length, i) => {
    const [reach, step] = [kernel[i] as number, strides[i] as number];
    const outside = paddingOf(padding) === "SAME" ? Math.max(0, reach - ((length - 1) % step) - 1) : 0;
    return step * (length - 1) + reach - outside;
  });
  const by = { padding: paddingOf(padding), kernel, strides, dilations: [1, 1], from, to };
  const operands = [build.real(input, "first"), build.weight(weight, [3, 0, 1, 2]), build.real(bias)];
  const y = unwind(build, by, (attributes) => build.node("ConvTranspose", operands, attributes));
  build.setReal(op.output(0), y, "first");
}

/** TfLitePoolParams. */
async function pooling(op: Op, build: Build) {
  const [padding, strideWidth = 0, strideHeight = 0, width = 0, height = 0, activation = 0] =
    await structOptions(op, build, 6);
  const [, h, w] = known(build, op);
  const [strides, kernel] = [
    [strideHeight, strideWidth],
    [height, width],
  ];
  if ([...strides, ...kernel].some((each) => each < 1))
    throw refuse(`its window is ${kernel.join("×")} with strides ${strides.join()}`);
  const kind = ENUMS.Activation[activation] as Activation | undefined;
  if (!kind) throw refuse(`its activation is ${activation}`);
  return { padding: paddingOf(padding), strides, kernel, sizes: [h, w], activation: kind };
}

/** What a window has before an input of that length, where it gives an output of this one (tensorflow/lite/kernels/padding.h). */
function before(length: number, reach: number, step: number, out: number): number {
  return Math.floor(Math.max(0, (out - 1) * step + reach - length) / 2);
}

/** The largest of each window, and where in the window it stands, row by row, and a tenth more. */
async function poolWithPlaces(op: Op, build: Build): Promise<void> {
  const { padding, strides, kernel, sizes, activation } = await pooling(op, build);
  const window = windowAttributes({ padding, sizes, kernel, strides, dilations: [1, 1] });
  const attributes = { kernel_shape: attribute.ints(kernel), ...window };
  const [y, places] = build.nodes("MaxPool", [build.real(op.input(0), "first")], 2, attributes) as [
    Value,
    Value,
  ];
  setActivated(build, op.output(0), y, activation, "first");
  // ONNX counts over the whole tensor: the rest by an image is the row and the column.
  const [height, width] = sizes as [number, number];
  const whole = (number: number) => build.scalar(number, "int64");
  const inImage = build.node("Mod", [places, whole(height * width)]);
  const [row, columnOf] = [
    build.node("Div", [inImage, whole(width)]),
    build.node("Mod", [inImage, whole(width)]),
  ];
  const begins = sizes.map((length, i) => {
    const [reach, step] = [kernel[i] as number, strides[i] as number];
    const out = padding === "SAME" ? Math.ceil(length / step) : Math.floor((length - reach + step) / step);
    const first = before(length, reach, step, out);
    const numbers = Array.from({ length: Math.max(0, out) }, (_, at) => at * step - first);
    return build.numbersAs("int64", i === 0 ? [numbers.length, 1] : [numbers.length], numbers);
  });
  const inWindow = build.node("Add", [
    build.node("Mul", [build.node("Sub", [row, begins[0] as Value]), whole(kernel[1] as number)]),
    build.node("Sub", [columnOf, begins[1] as Value]),
  ]);
  build.setReal(
    op.output(1),
    build.node("Add", [build.cast(inWindow, "float32"), build.scalar(0.1)]),
    "first",
  );
}

/** Puts each element where in its window the largest was, and zeros around it. */
async function unpool(op: Op, build: Build): Promise<void> {
  const { strides, kernel, sizes } = await pooling(op, build);
  const [batch, , , channels] = known(build, op);
  const long = sizes.map((length, i) => length * (kernel[i] as number));
  const count = (long[0] as number) * (long[1] as number);
  const whole = (number: number) => build.scalar(number, "int64");
  const place = build.cast(build.real(op.input(1), "first"), "int64");
  const width = whole(kernel[1] as number);
  const steps = [build.node("Div", [place, width]), build.node("Mod", [place, width])];
  const [row, columnOf] = steps.map((step, i) => {
    const [length, stride] = [sizes[i] as number, strides[i] as number];
    const first = before(long[i] as number, kernel[i] as number, stride, length);
    const numbers = Array.from({ length }, (_, at) => at * stride - first);
    const shape = i === 0 ? [length, 1] : [length];
    return build.node("Add", [step, build.numbersAs("int64", shape, numbers)]);
  }) as [Value, Value];
  const isInside = [row, columnOf]
    .flatMap((at, i) => [
      build.node("GreaterOrEqual", [at, whole(0)]),
      build.node("Less", [at, whole(long[i] as number)]),
    ])
    .reduce((all, each) => build.node("And", [all, each]));
  const flat = build.node("Add", [build.node("Mul", [row, whole(long[1] as number)]), columnOf]);
  // What falls outside goes to one element more, which is cut off.
  const at = build.node("Where", [isInside, flat, whole(count)]);
  const rows = (value: Value) => build.node("Reshape", [value, build.ints([batch, channels, -1])]);
  const empty = build.node("Expand", [build.scalar(0), build.ints([batch, channels, count + 1])]);
  const filled = build.node("ScatterElements", [empty, rows(at), rows(build.real(op.input(0), "first"))], {
    axis: attribute.int(2),
  });
  const kept = build.node("Slice", [filled, build.ints([0]), build.ints([count]), build.ints([2])]);
  const y = build.node("Reshape", [kept, build.ints([batch, channels, ...long])]);
  build.setReal(op.output(0), y, "first");
}

/**
 * An image as an affine map of the places of the result tells, between four elements each; 0 where the place is outside.
 * The map is of centers of elements in version 2, and of their corners in version 1.
 */
async function transformBilinear(op: Op, build: Build): Promise<void> {
  const options = await flexOptions(op, build);
  const isCentered = op.operator.version >= 2;
  if (options.text("mode", "bilinear") !== "bilinear") throw refuse("it does not interpolate bilinearly");
  const size = isCentered ? [] : options.indices("output_size");
  const [height, width] = isCentered
    ? [options.integer("output_height", 1, MAX_LENGTH), options.integer("output_width", 1, MAX_LENGTH)]
    : [size[0] ?? 0, size[1] ?? 0];
  if (height < 1 || width < 1 || Math.max(height, width) > MAX_LENGTH)
    throw refuse(`its output is ${height}×${width}`);
  const [, inHeight, inWidth] = known(build, op);
  const matrix = build.node("Reshape", [build.real(op.input(1)), build.ints([-1])]);
  const entry = (at: number) => build.node("Gather", [matrix, build.ints([at])]);
  const mul = (a: Value, b: Value) => build.node("Mul", [a, b]);
  const add = (a: Value, b: Value) => build.node("Add", [a, b]);
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  const xs = build.numbersAs("float32", [1, width], range(width));
  const ys = build.numbersAs("float32", [height, 1], range(height));
  const place = (row: number): Value => {
    const [x, y, shift] = [entry(4 * row), entry(4 * row + 1), entry(4 * row + 3)];
    const half = build.scalar(0.5);
    const moved = isCentered ? add(shift, build.node("Sub", [add(mul(x, half), mul(y, half)), half])) : shift;
    return add(add(mul(x, xs), mul(y, ys)), moved);
  };
  const places = [place(0), place(1)];
  const lasts = [inWidth - 1, inHeight - 1];
  const isInside = places
    .flatMap((at, i) => [
      build.node("GreaterOrEqual", [at, build.scalar(0)]),
      build.node("LessOrEqual", [at, build.scalar(lasts[i] as number)]),
    ])
    .reduce((all, each) => build.node("And", [all, each]));
  // GridSample counts from -1 to 1, between the centers of the first and the last element.
  const grid = places.map((at, i) => {
    const scaled = mul(at, build.scalar(2 / Math.max(1, lasts[i] as number)));
    return build.node("Unsqueeze", [build.node("Sub", [scaled, build.scalar(1)]), build.ints([0, 3])]);
  });
  const sampled = build.node(
    "GridSample",
    [build.real(op.input(0), "first"), build.node("Concat", grid, { axis: attribute.int(3) })],
    {
      mode: attribute.string("linear"),
      align_corners: attribute.int(1),
      padding_mode: attribute.string("border"),
    },
  );
  build.setReal(op.output(0), build.node("Where", [isInside, sampled, build.scalar(0)]), "first");
}

/** Operators that MediaPipe adds to TensorFlow Lite: mediapipe/util/tflite/operations. */
export const MEDIAPIPE = [
  custom("Convolution2DTransposeBias", transposedWithBias),
  custom("MaxPoolingWithArgmax2D", poolWithPlaces),
  custom("MaxUnpooling2D", unpool),
  custom("TransformTensor", transformBilinear),
  custom("TransformTensorBilinear", transformBilinear),
];
