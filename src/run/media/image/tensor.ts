import { fail } from "../../../base/errors/index.ts";
import type { ImageInput } from "../../../model/contract/contract.ts";
import { byteLengthOf, type DType, type Tensor, tensorFromNumbers } from "../../../model/tensor/index.ts";
import { type Picture, toGrey } from "./picture.ts";

type Values = Exclude<Tensor["data"], string[]>;
/** What each of the 256 values of a channel becomes; one table a channel of the tensor. */
type Tables = readonly Values[];

/** A contract's tables are the same for every picture. */
const cache = new WeakMap<ImageInput, Map<DType, Tables>>();

/** Where in a pixel of the picture each channel of the tensor is found. */
const ORDER = { RGB: [0, 1, 2], BGR: [2, 1, 0], RGBA: [0, 1, 2, 3], GRAY: [0] } as const;

/**
 * The tensor of a picture: `(pixel * scale - mean) / std`, in the layout and type that the model takes.
 * @param width columns of the tensor; those beyond the picture are zero after normalising
 * @throws MEDIA_PICTURE_TENSOR where the normalised values do not fit the type
 */
export function pictureTensor(
  picture: Picture,
  input: ImageInput,
  dtype: DType,
  width = picture.width,
): Tensor {
  const tables = tablesOf(input, dtype);
  const { height } = picture;
  const channels = tables.length;
  const pixels = input.color === "GRAY" ? toGrey(picture) : picture.data;
  const step = input.color === "GRAY" ? 1 : picture.channels;
  const order = picture.channels === 1 ? tables.map(() => 0) : ORDER[input.color];
  const Type = (tables[0] as Values).constructor as new (length: number) => Values;
  const data = new Type(channels * height * width);
  const planar = input.layout === "NCHW" || input.layout === "CHW" || input.layout === "NHW";
  for (let c = 0; c < channels; c++) {
    fillChannel(data as Float32Array, tables[c] as Float32Array, {
      pixels,
      step,
      from: order[c] as number,
      to: planar ? c * height * width : c,
      stride: planar ? 1 : channels,
      rows: height,
      columns: picture.width,
      width,
    });
  }
  return { dtype, shape: shapeOf(input, channels, height, width), data };
}

interface Filling {
  readonly pixels: Uint8Array;
  /** Bytes from a pixel to the next. */
  readonly step: number;
  readonly from: number;
  readonly to: number;
  /** Elements of the tensor from a pixel to the next. */
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
}

/** The one hot loop of a picture's way. Typed as float32 but the same for every array of numbers. */
function fillChannel(data: Float32Array, table: Float32Array, filling: Filling): void {
  const { pixels, step, from, to, stride, rows, columns, width } = filling;
  let read = from;
  for (let y = 0; y < rows; y++) {
    let write = to + y * width * stride;
    for (let x = 0; x < columns; x++) {
      data[write] = table[pixels[read] as number] as number;
      write += stride;
      read += step;
    }
  }
}

function shapeOf({ layout }: ImageInput, channels: number, height: number, width: number): number[] {
  if (layout === "NCHW") return [1, channels, height, width];
  if (layout === "NHWC") return [1, height, width, channels];
  if (layout === "CHW") return [channels, height, width];
  if (layout === "HWC") return [height, width, channels];
  return [1, height, width];
}

function tablesOf(input: ImageInput, dtype: DType): Tables {
  const types = cache.get(input) ?? new Map<DType, Tables>();
  const tables = types.get(dtype) ?? makeTables(input, dtype);
  cache.set(input, types.set(dtype, tables));
  return tables;
}

function makeTables(input: ImageInput, dtype: DType): Tables {
  const { tensor, color, layout, normalize } = input;
  const channels = ORDER[color].length;
  const refuse = (problem: string) => fail("MEDIA_PICTURE_TENSOR", { tensor, problem });
  if (layout === "NHW" && channels > 1) throw refuse(`the layout NHW has no place for ${color}`);
  if (byteLengthOf(dtype, 8) < 8) throw refuse(`its type is ${dtype}`);
  return Array.from({ length: channels }, (_, c) => {
    const mean = pick(normalize.mean, c);
    const std = pick(normalize.std, c);
    if (mean === undefined || std === undefined || std === 0) {
      throw refuse(
        `normalize has ${normalize.mean.length} means and ${normalize.std.length} deviations, none of them usable, for ${channels} channels`,
      );
    }
    const values = Array.from({ length: 256 }, (_, pixel) => (pixel * normalize.scale - mean) / std);
    const whole = dtype.includes("int") ? values.map((value) => saturate(dtype, Math.round(value))) : values;
    try {
      return tensorFromNumbers(dtype, [whole.length], whole).data as Values;
    } catch (cause) {
      throw fail(
        "MEDIA_PICTURE_TENSOR",
        {
          tensor,
          problem: `its type is ${dtype}, and normalising gives values from ${values[0]} to ${values[255]}`,
        },
        { cause },
      );
    }
  });
}

const BYTES: Readonly<Record<string, readonly [number, number]>> = { uint8: [0, 255], int8: [-128, 127] };

/** White is often one step beyond what a byte holds, which quantising cuts off; what lies further out is a mistake. */
function saturate(dtype: DType, value: number): number {
  const [least, most] = BYTES[dtype] ?? [value, value];
  if (value === most + 1) return most;
  return value === least - 1 ? least : value;
}

/** One number for all channels, or one each. */
function pick(numbers: readonly number[], channel: number): number | undefined {
  return numbers.length === 1 ? numbers[0] : numbers[channel];
}
