import { type Context, count, type Value } from "./context.ts";
import type { PlainAttribute } from "./encode.ts";
import type { Maker } from "./makers.ts";

const float = ({ dtype }: Value) => dtype === "float32";
const picture = (value: Value) => float(value) && value.shape.length === 4 && count(value.shape) > 0;

/** Of a sum of `size` products of x and weights up to 1. */
const summed = (c: Context, x: Value, size: number) => {
  const most = x.most * size;
  return { most, error: x.error * size + c.rounded("float32", most, size + 2) };
};

export const convolution: Maker = {
  weight: 4,
  make(c) {
    const { draw } = c;
    const x = c.pick(
      (value) => picture(value) || (float(value) && value.shape.length === 3 && count(value.shape) > 0),
    );
    if (!x) return null;
    const [n = 1, channels = 1, ...sides] = x.shape;
    const group = draw.one([1, 1, channels]);
    const filters = group * draw.int(1, 2);
    const kernel = sides.map((side) => draw.int(1, Math.min(3, side)));
    const strides = sides.map(() => draw.int(1, 2));
    const pads = sides.map(() => (draw.chance(0.5) ? 0 : 1));
    const weights = c.floats([filters, channels / group, ...kernel]);
    const bias = draw.chance(0.5) ? [c.floats([filters])] : [];
    const lengths = sides.map(
      (side, i) =>
        Math.floor((side + 2 * (pads[i] as number) - (kernel[i] as number)) / (strides[i] as number)) + 1,
    );
    const told = { shape: [n, filters, ...lengths], ...summed(c, x, (channels / group) * count(kernel) + 1) };
    const attributes: Record<string, PlainAttribute> = {
      strides: { ints: strides },
      pads: { ints: [...pads, ...pads] },
    };
    if (group !== 1) attributes.group = { int: group };
    if (draw.chance(0.5)) attributes.kernel_shape = { ints: kernel };
    const y = c.apply("Conv", [x, weights, ...bias], told, attributes);
    // What stands behind it in real models, and is folded into it.
    return y && (draw.chance(0.4) ? (normalized(c, y) ?? y) : y);
  },
};

function normalized(c: Context, x: Value): Value | null {
  const channels = x.shape[1] as number;
  const positive = c.constant(
    "float32",
    [channels],
    Array.from({ length: channels }, () => c.draw.int(50, 200) / 100),
  );
  const [scale, bias, mean] = [c.floats([channels]), c.floats([channels]), c.floats([channels])];
  const most = (x.most + 1) * 1.5 + 1;
  const told = { most, error: x.error * 1.5 + c.rounded("float32", most, 6) };
  return c.apply(
    "BatchNormalization",
    [x, scale, bias, mean, positive],
    told,
    c.draw.chance(0.5) ? { epsilon: { float: 1e-3 } } : {},
  );
}

export const batchNormalization: Maker = {
  make(c) {
    const x = c.pick((value) => float(value) && value.shape.length >= 2 && count(value.shape) > 0);
    return x && normalized(c, x);
  },
};

export const pooling: Maker = {
  weight: 2,
  make(c) {
    const { draw } = c;
    const x = c.pick(picture);
    if (!x) return null;
    const [n = 1, channels = 1, ...sides] = x.shape;
    if (draw.chance(0.25)) {
      const op = draw.one(["GlobalAveragePool", "GlobalMaxPool"]);
      return c.apply(op, [x], {
        shape: [n, channels, 1, 1],
        error: x.error + c.rounded("float32", x.most, 8),
      });
    }
    const op = draw.one(["MaxPool", "AveragePool"]);
    const kernel = sides.map((side) => draw.int(1, Math.min(3, side)));
    const strides = sides.map(() => draw.int(1, 2));
    const attributes: Record<string, PlainAttribute> = {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
    };
    const lengths = sides.map(
      (side, i) => Math.floor((side - (kernel[i] as number)) / (strides[i] as number)) + 1,
    );
    const shape = [n, channels, ...lengths];
    const value = { ...x, shape, error: x.error + c.rounded("float32", x.most, 8) };
    if (op === "MaxPool" && c.opset >= 8 && x.error === 0 && draw.chance(0.3))
      return c.emit("MaxPool", [x], [value, { dtype: "int64", shape, most: 600, error: 0 }], attributes);
    if (op === "AveragePool" && draw.chance(0.3)) attributes.count_include_pad = { int: 1 };
    return c.apply(op, [x], { shape, error: value.error }, attributes);
  },
};

export const matMul: Maker = {
  weight: 3,
  make(c) {
    const x = c.pick((value) => float(value) && value.shape.length >= 2 && count(value.shape) > 0);
    if (!x) return null;
    const inner = x.shape.at(-1) as number;
    const width = c.draw.int(1, 4);
    const y = c.floats(
      c.draw.chance(0.2) && x.shape.length === 3 ? [x.shape[0] as number, inner, width] : [inner, width],
    );
    const product = c.apply("MatMul", [x, y], {
      shape: [...x.shape.slice(0, -1), width],
      ...summed(c, x, inner),
    });
    if (!product || c.draw.chance(0.5)) return product;
    const most = product.most + 1;
    return c.apply("Add", [product, c.floats([width])], {
      most,
      error: product.error + c.rounded("float32", most),
    });
  },
};

export const gemm: Maker = {
  make(c) {
    const { draw } = c;
    const x = c.pick((value) => float(value) && value.shape.length === 2 && count(value.shape) > 0);
    if (!x) return null;
    const [transA, transB] = [draw.chance(0.3), draw.chance(0.5)];
    const [m = 1, k = 1] = transA ? [...x.shape].reverse() : x.shape;
    const n = draw.int(1, 4);
    const y = c.floats(transB ? [n, k] : [k, n]);
    const shapes = [[m, n], [n], [1, n], [m, 1], [1]];
    const z = c.opset < 11 || draw.chance(0.7) ? [c.floats(draw.one(shapes))] : [];
    const { most, error } = summed(c, x, k);
    const attributes: Record<string, PlainAttribute> = {};
    if (transA) attributes.transA = { int: 1 };
    if (transB) attributes.transB = { int: 1 };
    if (draw.chance(0.2)) attributes.alpha = { float: 0.5 };
    return c.apply(
      "Gemm",
      [x, y, ...z],
      { shape: [m, n], most: most + 1, error: error + c.rounded("float32", most + 1) },
      attributes,
    );
  },
};

const normalization: Maker = {
  make(c) {
    const ops = ["LRN", "InstanceNormalization", ...(c.opset >= 17 ? ["LayerNormalization"] : [])];
    const op = c.draw.one(ops);
    const x = c.pick((value) => picture(value) && value.error < 1e-6);
    if (!x) return null;
    if (op === "LRN")
      return c.apply("LRN", [x], { error: x.error + c.rounded("float32", x.most, 8) }, { size: { int: 3 } });
    const of =
      op === "LRN" ? 0 : op === "LayerNormalization" ? (x.shape.at(-1) as number) : (x.shape[1] as number);
    // A spread near nothing makes noise of rounding.
    const shift = c.apply(
      "Add",
      [
        x,
        c.constant(
          "float32",
          x.shape,
          Array.from({ length: count(x.shape) }, (_, i) => (i % 3) * 4),
        ),
      ],
      { most: x.most + 8, error: x.error + c.rounded("float32", x.most + 8) },
    );
    const counted = op === "LayerNormalization" ? of : count(x.shape.slice(2));
    if (!shift || counted < 3 || x.most > 1) return null;
    const attributes: Record<string, PlainAttribute> =
      op === "LayerNormalization" ? { axis: { int: -1 } } : {};
    return c.apply(
      op,
      [shift, c.floats([of]), c.floats([of])],
      { most: 8, error: shift.error * 8 + 1e-6 },
      attributes,
    );
  },
};

export const dropout: Maker = {
  make(c) {
    const x = c.pick(float);
    if (!x) return null;
    if (c.opset < 12) return c.apply("Dropout", [x], {}, c.draw.chance(0.5) ? { ratio: { float: 0.3 } } : {});
    const ratio = c.draw.chance(0.5) ? c.constant("float32", [], [0.3]) : null;
    const training = c.draw.chance(0.3) ? c.constant("bool", [], [0]) : null;
    const mask = c.draw.chance(0.3) ? { dtype: "bool" as const, shape: x.shape, most: 1, error: 0 } : null;
    const { name: _, elements: __, ...like } = x;
    return c.emit("Dropout", [x, ratio, training], mask ? [like, mask] : [like]);
  },
};

const resize: Maker = {
  since: 7,
  make(c) {
    const { draw, opset } = c;
    const x = c.pick((value) => picture(value) && value.error < 1e-6);
    if (!x) return null;
    const mode = draw.one(["nearest", "linear"]);
    const scales = [1, 1, draw.int(1, 2), draw.int(1, 2)];
    const shape = x.shape.map((dim, i) => dim * (scales[i] as number));
    const told = { shape, error: x.error + (mode === "linear" ? c.rounded("float32", x.most, 4) : 0) };
    const attributes: Record<string, PlainAttribute> = { mode: { string: mode } };
    if (opset < 9) return c.apply("Upsample", [x], told, { ...attributes, scales: { floats: scales } });
    const given = c.constant("float32", [4], scales);
    if (opset < 11) return c.apply(opset === 9 ? "Upsample" : "Resize", [x, given], told, attributes);
    const coordinates = draw.one(["asymmetric", "half_pixel", "align_corners"]);
    attributes.coordinate_transformation_mode = { string: coordinates };
    if (mode === "nearest") attributes.nearest_mode = { string: draw.one(["floor", "round_prefer_floor"]) };
    const empty = () => c.constant("float32", [0], []);
    const roi = opset < 13 ? empty() : null;
    if (draw.chance(0.5)) return c.apply("Resize", [x, roi, given], told, attributes);
    const sizes = c.ints(...shape);
    return c.apply("Resize", [x, roi, opset < 13 ? empty() : null, sizes], told, attributes);
  },
};

const recurrent: Maker = {
  make(c) {
    const { draw } = c;
    const x = c.pick(
      (value) => float(value) && value.shape.length === 3 && count(value.shape) > 0 && value.error < 1e-6,
    );
    if (!x) return null;
    const [steps = 1, batch = 1, size = 1] = x.shape;
    const [op, gates] = draw.one([
      ["LSTM", 4],
      ["GRU", 3],
      ["RNN", 1],
    ] as const);
    const hidden = draw.int(1, 3);
    const direction = draw.one(["forward", "reverse", "bidirectional"]);
    const ways = direction === "bidirectional" ? 2 : 1;
    const w = c.floats([ways, gates * hidden, size]);
    const r = c.floats([ways, gates * hidden, hidden]);
    const b = draw.chance(0.5) ? c.floats([ways, 2 * gates * hidden]) : null;
    const known = { dtype: "float32", most: 1, error: x.error * 8 + 2e-6 } as const;
    const all = { ...known, shape: [steps, ways, batch, hidden] };
    const last = { ...known, shape: [ways, batch, hidden] };
    if (!c.allows(all)) return null;
    const attributes: Record<string, PlainAttribute> = {
      hidden_size: { int: hidden },
      direction: { string: direction },
    };
    return c.emit(op, [x, w, r, b], draw.one([[all, last], [all], [null, last]]), attributes);
  },
};

const einsum: Maker = {
  since: 12,
  make(c) {
    const x = c.pick((value) => float(value) && value.shape.length === 2 && count(value.shape) > 0);
    if (!x) return null;
    const [rows = 1, inner = 1] = x.shape;
    const width = c.draw.int(1, 3);
    const told = { shape: [rows, width], ...summed(c, x, inner) };
    return c.apply("Einsum", [x, c.floats([inner, width])], told, { equation: { string: "ij,jk->ik" } });
  },
};

const quantized: Maker = {
  since: 10,
  make(c) {
    const x = c.pick((value) => float(value) && value.error === 0);
    if (!x) return null;
    const scale = c.constant("float32", [], [0.05]);
    const zero = c.constant("uint8", [], [c.draw.int(0, 128)]);
    const q = c.apply("QuantizeLinear", [x, scale, zero], { dtype: "uint8", most: 255, error: 0 });
    return q && c.apply("DequantizeLinear", [q, scale, zero], { dtype: "float32", most: 13, error: 0 });
  },
};

export const neural: readonly Maker[] = [
  convolution,
  batchNormalization,
  pooling,
  matMul,
  gemm,
  normalization,
  dropout,
  resize,
  recurrent,
  einsum,
  quantized,
];
