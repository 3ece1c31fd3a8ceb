import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { axisIn, type Layout } from "../convert/layout.ts";
import { entriesOf, lengthsOf, list } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { TensorType } from "../schema/types.ts";

type Resizing = Op<"RESIZE_BILINEAR" | "RESIZE_NEAREST_NEIGHBOR">;

/** Types that ONNX Runtime's Resize takes as they are stored. */
const STORED: ReadonlySet<TensorType> = new Set<TensorType>(["FLOAT32", "UINT8", "INT8", "INT32"]);

/** How positions of the result are found in the input, as ONNX names it. */
function coordinates({ align_corners, half_pixel_centers }: Resizing["options"]): string {
  if (align_corners && half_pixel_centers) throw refuse("it aligns both corners and centers");
  if (align_corners) return "align_corners";
  return half_pixel_centers ? "half_pixel" : "asymmetric";
}

/**
 * All lengths of the result. ONNX could be told those of height and width alone, but ONNX Runtime 1.30 loses them where it moves a
 * Transpose past such a node.
 */
async function resized(op: Resizing, build: Build, layout: Layout): Promise<Value> {
  const lengths = lengthsOf(build, op.input(0), layout);
  const size = await entriesOf(build, op.input(1), "its size");
  if (size.length !== 2) throw refuse(`its size has ${size.length} numbers`);
  for (const [i, length] of size.entries()) lengths[axisIn(layout, 1 + i, 4)] = length;
  return list(build, lengths);
}

/** Height and width of [N,H,W,C] become those that the second input tells. */
async function bilinear(op: Resizing, build: Build): Promise<void> {
  const input = op.input(0);
  if (build.rank(input) !== 4) throw refuse("it resizes what is not [N, H, W, C]");
  const mode = coordinates(op.options);
  const layout = build.layoutOf([input]);
  const axes = [axisIn(layout, 1, 4), axisIn(layout, 2, 4)];
  let y = build.real(input, layout);
  const places = input.type === "INT16" ? await placesOf(op, build) : null;
  if (places) {
    for (const [i, along] of places.entries()) y = between(build, y, axes[i] as number, along);
  } else {
    y = build.node("Resize", [y, null, null, await resized(op, build, layout)], {
      mode: attribute.string("linear"),
      coordinate_transformation_mode: attribute.string(mode),
    });
  }
  build.setReal(op.output(0), y, layout);
}

/** Between which two elements of an axis each element of the result stands, and the share of the second. */
interface Places {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly share: readonly number[];
}

/**
 * Where the kernel for 16 bits finds the elements of height and width, in steps of 1/1024 that add up over the axis
 * (tensorflow/lite/kernels/internal/reference/resize_bilinear.h, ResizeBilinearInteger). Null where lengths are open.
 */
async function placesOf(op: Resizing, build: Build): Promise<Places[] | null> {
  const to = await sizeOf(build, op.input(1));
  const from = build.dims(op.input(0))?.slice(1, 3) ?? [];
  if (!to || from.includes(null) || Math.max(...to) > MAX_CHECKED) return null;
  return to.map((length, i) => placesAlong(op.options, from[i] as number, length));
}

function placesAlong(
  { align_corners, half_pixel_centers }: Resizing["options"],
  from: number,
  to: number,
): Places {
  const [elements, steps] = align_corners && to > 1 ? [from - 1, to - 1] : [from, to];
  const step = Math.floor((1024 * elements + Math.floor(steps / 2)) / steps);
  const at = Array.from({ length: to }, (_, i) =>
    half_pixel_centers ? i * step + Math.floor(step / 2) - 512 : i * step,
  );
  const lower = at.map((each) => Math.max(Math.trunc(each / 1024), 0));
  const upper = at.map((each) => Math.min(Math.trunc((each + 1023) / 1024), from - 1));
  return { lower, upper, share: at.map((each, i) => (each - 1024 * (lower[i] as number)) / 1024) };
}

function between(build: Build, x: Value, axis: number, { lower, upper, share }: Places): Value {
  const shape = [share.length, ...new Array<number>(3 - axis).fill(1)];
  const part = (at: readonly number[], weight: readonly number[]) =>
    build.node("Mul", [
      build.node("Gather", [x, build.ints(at)], { axis: attribute.int(axis) }),
      build.numbersAs("float32", shape, weight),
    ]);
  const rest = share.map((each) => 1 - each);
  return build.node("Add", [part(lower, rest), part(upper, share)]);
}

/** The element that stands nearest, as GetNearestNeighbor of TFLite's resize_nearest_neighbor.h has it, in its 32 bits. */
function nearest(options: Resizing["options"], from: number, to: number): number[] {
  const { align_corners, half_pixel_centers } = options;
  const scale = Math.fround(align_corners && to > 1 ? (from - 1) / (to - 1) : from / to);
  return Array.from({ length: to }, (_, i) => {
    const at = Math.fround((half_pixel_centers ? i + 0.5 : i) * scale);
    return Math.max(0, Math.min(align_corners ? Math.round(at) : Math.floor(at), from - 1));
  });
}

/** The same as ONNX Runtime's Resize has it. */
function nearestOfRuntime(options: Resizing["options"], from: number, to: number): number[] {
  const scale = Math.fround(to / from);
  return Array.from({ length: to }, (_, i) => {
    if (options.align_corners) {
      const at = to === 1 ? 0 : Math.fround(Math.fround(i * (from - 1)) / Math.fround(to - 1));
      return Math.min(Math.round(at), from - 1);
    }
    if (!options.half_pixel_centers) return Math.min(Math.floor(Math.fround(i / scale)), from - 1);
    const at = Math.fround(Math.fround(Math.fround(i + 0.5) / scale) - 0.5);
    return Math.max(0, Math.min(Math.round(at), from - 1));
  });
}

/** Lengths up to this are looked at position by position. */
const MAX_CHECKED = 65_536;

function sameElements(options: Resizing["options"], from: number, to: number): boolean {
  if (to > MAX_CHECKED) return true;
  const other = nearestOfRuntime(options, from, to);
  return nearest(options, from, to).every((at, i) => at === other[i]);
}

async function sizeOf(build: Build, tensor: TfliteTensor): Promise<readonly number[] | null> {
  if (!build.constantOf(tensor)) return null;
  const size = await build.numbers(tensor, "its size");
  if (size.length !== 2 || size.some((length) => length < 1)) throw refuse(`its size is ${size.join("×")}`);
  return size;
}

/** Where rounding lets the two sides take another element, elements are gathered by what TFLite takes. */
async function nearestNeighbor(op: Resizing, build: Build): Promise<void> {
  const input = op.input(0);
  if (build.rank(input) !== 4) throw refuse("it resizes what is not [N, H, W, C]");
  const layout = build.layoutOf([input]);
  const axes = [axisIn(layout, 1, 4), axisIn(layout, 2, 4)];
  const size = await sizeOf(build, op.input(1));
  const dims = build.dims(input) ?? [];
  const pairs = [0, 1].map((i) => [dims[i + 1] ?? null, size?.[i] ?? null] as const);
  const isStored = STORED.has(input.type);
  const isSame = pairs.every(
    ([from, to]) => from === null || to === null || sameElements(op.options, from, to),
  );
  if (isStored && isSame) {
    const to = await resized(op, build, layout);
    const y = build.node("Resize", [build.stored(input, layout), null, null, to], {
      mode: attribute.string("nearest"),
      coordinate_transformation_mode: attribute.string(coordinates(op.options)),
      nearest_mode: attribute.string(
        op.options.align_corners || op.options.half_pixel_centers ? "round_prefer_ceil" : "floor",
      ),
    });
    build.setStored(op.output(0), y, layout);
    return;
  }
  let y = build.stored(input, layout);
  for (const [i, [from, to]] of pairs.entries()) {
    if (from === null || to === null) throw refuse(`it resizes ${input.type} to a size that is not known`);
    if (to > MAX_CHECKED) throw refuse(`it resizes ${input.type} to a length of ${to}`);
    const at = build.ints(nearest(op.options, from, to));
    y = build.node("Gather", [y, at], { axis: attribute.int(axes[i] as number) });
  }
  build.setStored(op.output(0), y, layout);
}

export const RESIZING = [
  operator("RESIZE_BILINEAR", bilinear),
  operator("RESIZE_NEAREST_NEIGHBOR", nearestNeighbor),
];
