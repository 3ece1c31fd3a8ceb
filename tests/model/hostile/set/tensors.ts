// Weights: shapes, sizes, types, sparse tensors, and files beside the model.
import { message } from "../../files.ts";
import {
  attribute,
  between,
  external,
  FLOAT,
  floats,
  INT4,
  INT64,
  info,
  integers,
  node,
  type Part,
  packed,
  raw,
  STRING,
  sparse,
  tensor,
  tensorType,
  zeros,
} from "../proto.ts";
import type { Hostile } from "../set.ts";

/** y = Identity(w) */
const holding = (constant: Uint8Array, ir = 13) =>
  between([node("Identity", ["w"], ["y"])], { constants: [constant], inputs: [] }, { ir });
const w = (type: number, lengths: readonly (number | bigint)[], ...more: Part[]) =>
  holding(tensor("w", type, lengths, ...more));
/** y = Identity(w), w sparse. */
const holdingSparse = (values: Uint8Array, indices: Uint8Array, lengths: readonly (number | bigint)[]) =>
  between([node("Identity", ["w"], ["y"])], { sparse: [sparse(values, indices, lengths)], inputs: [] });
const away = (entries: Record<string, string>, lengths = [4], type = FLOAT) =>
  w(type, lengths, ...external(entries));

const SIZE = "MODEL_TENSOR_SIZE";
const SHAPE = "MODEL_SHAPE_INVALID";
const SPARSE = ["sparse-tensor"];

export const TENSORS: readonly Hostile[] = [
  { name: "too few bytes", bytes: w(FLOAT, [2, 3], zeros(20)), code: SIZE },
  { name: "too many bytes", bytes: w(FLOAT, [2], zeros(12)), code: SIZE },
  { name: "no bytes", bytes: w(FLOAT, [2]), code: SIZE },
  { name: "int4 of odd length, a byte too few", bytes: w(INT4, [3], raw(0x21)), code: SIZE },
  { name: "int4 of odd length, a byte too many", bytes: w(INT4, [3], raw(0x21, 0x43, 0x65)), code: SIZE },
  {
    name: "int4 of odd length in typed data, one too few",
    bytes: w(INT4, [3], [5, packed([0x21])]),
    code: SIZE,
  },
  { name: "int2 a byte too few", bytes: w(26, [5], raw(0x21)), code: SIZE },
  { name: "int64_data of one too many", bytes: w(INT64, [2], [7, packed([1, 2, 3])]), code: SIZE },
  { name: "int64_data for 2^40 numbers", bytes: w(INT64, [2n ** 40n], [7, packed([1])]), code: SIZE },
  { name: "int32_data for 2^40 numbers of int4", bytes: w(INT4, [2n ** 40n], [5, packed([1])]), code: SIZE },
  { name: "int64_data in a float tensor", bytes: w(FLOAT, [2], [7, packed([1, 2])]), code: SIZE },
  { name: "a length of -1", bytes: w(FLOAT, [-1n, 4], zeros(16)), code: SHAPE },
  { name: "a length of -2^63", bytes: w(FLOAT, [-(2n ** 63n)], zeros(4)), code: SHAPE },
  {
    name: "lengths whose product is over 2^53",
    bytes: w(FLOAT, [2n ** 40n, 2n ** 40n], zeros(4)),
    code: SHAPE,
  },
  { name: "lengths whose product is 0 modulo 2^64", bytes: w(FLOAT, [2n ** 32n, 2n ** 32n]), code: SHAPE },
  { name: "a zero that hides an overflow", bytes: w(FLOAT, [2n ** 62n, 0], zeros(0)), code: SHAPE },
  { name: "2^52 elements and no bytes", bytes: w(FLOAT, [2n ** 52n]), code: SIZE },
  { name: "2^52 strings and none of them", bytes: w(STRING, [2n ** 52n]), code: SIZE },
  { name: "an element type of 99", bytes: w(99, [1], zeros(4)), code: "MODEL_TENSOR_TYPE_UNKNOWN" },
  { name: "the element type 0", bytes: w(0, [1], zeros(4)), code: "MODEL_TENSOR_TYPE_UNKNOWN" },
  { name: "a negative element type", bytes: w(-1, [1], zeros(4)), code: "MODEL_TENSOR_TYPE_UNKNOWN" },
  { name: "strings as raw bytes", bytes: w(STRING, [1], raw(104, 105)), code: "MODEL_TENSOR_TEXT_RAW" },
  { name: "too few strings", bytes: w(STRING, [3], [6, "one"]), code: SIZE },
  {
    name: "strings in a file beside",
    bytes: away({ location: "w" }, [1], STRING),
    siblings: { w: new Uint8Array(4) },
    code: "MODEL_TENSOR_TEXT_OUTSIDE",
  },
  {
    name: "a segment of a tensor",
    bytes: w(
      FLOAT,
      [4],
      [
        3,
        message([
          [1, 0],
          [2, 2],
        ]),
      ],
      zeros(16),
    ),
    code: "MODEL_TENSOR_SEGMENT",
  },
  {
    name: "a tensor twice",
    bytes: between([node("Identity", ["w"], ["y"])], {
      constants: [floats("w", 2), floats("w", 2)],
      inputs: [],
    }),
    finds: ["constant-twice"],
  },
  {
    name: "a tensor of another type than its input",
    bytes: between([node("Identity", ["w"], ["y"])], {
      constants: [integers("w", [2], [1, 2])],
      inputs: [info("w")],
    }),
    finds: ["constant-mistyped"],
  },
  {
    name: "a tensor of another shape than its input",
    bytes: between([node("Identity", ["w"], ["y"])], { constants: [floats("w", 3)], inputs: [info("w")] }),
    finds: ["constant-mistyped"],
  },
  {
    name: "a tensor without a name",
    bytes: between([node("Relu", ["x"], ["y"])], { constants: [floats("", 2)] }),
    finds: ["name-empty"],
  },
  {
    name: "an external offset past the end",
    bytes: away({ location: "w", offset: "16" }),
    siblings: { w: new Uint8Array(24) },
    code: "MODEL_EXTERNAL_CUT",
  },
  {
    name: "an external offset of 2^52",
    bytes: away({ location: "w", offset: "4503599627370496" }),
    siblings: { w: new Uint8Array(24) },
    code: "MODEL_EXTERNAL_CUT",
  },
  {
    name: "a negative external offset",
    bytes: away({ location: "w", offset: "-4" }),
    siblings: { w: new Uint8Array(24) },
    code: "MODEL_EXTERNAL_NUMBER",
  },
  {
    name: "an external offset over 2^53",
    bytes: away({ location: "w", offset: "99999999999999999999" }),
    siblings: { w: new Uint8Array(24) },
    code: "MODEL_EXTERNAL_NUMBER",
  },
  {
    name: "an external length of another shape",
    bytes: away({ location: "w", length: "8" }),
    siblings: { w: new Uint8Array(24) },
    code: SIZE,
  },
  {
    name: "an external length that is no number",
    bytes: away({ location: "w", length: "0x10" }),
    siblings: { w: new Uint8Array(24) },
    code: "MODEL_EXTERNAL_NUMBER",
  },
  {
    name: "an external file that is not there",
    bytes: away({ location: "w.bin" }),
    code: "MODEL_EXTERNAL_MISSING",
    finds: ["external-missing"],
  },
  {
    name: "an external file that is the model's own",
    bytes: away({ location: "model.onnx", offset: "0", length: "16" }),
    siblings: { "model.onnx": new Uint8Array(16) },
    finds: ["external-self"],
  },
  { name: "an external file without a name", bytes: w(FLOAT, [4], [14, 1]), code: "MODEL_EXTERNAL_UNNAMED" },
  {
    name: "an external file of the empty name",
    bytes: away({ location: "" }),
    code: "MODEL_EXTERNAL_UNNAMED",
  },
  {
    name: "an external file named twice",
    bytes: w(FLOAT, [4], ...external({ location: "w" }), ...external({ location: "v" })),
    siblings: { w: new Uint8Array(16), v: new Uint8Array(16) },
    finds: ["external-entry"],
  },
  {
    name: "an external file with an entry that nobody knows",
    bytes: away({ location: "w", compression: "zstd" }),
    siblings: { w: new Uint8Array(16) },
    finds: ["external-entry"],
  },
  {
    name: "raw data beside typed data",
    bytes: w(FLOAT, [2], zeros(8), [4, new Uint8Array(8)]),
    finds: ["constant-data-twice"],
  },
  {
    name: "typed data of two kinds",
    bytes: w(FLOAT, [2], [4, new Uint8Array(8)], [5, packed([1, 2])]),
    finds: ["constant-data-twice"],
  },
  {
    name: "raw data beside an external file",
    bytes: w(FLOAT, [4], ...external({ location: "w" }), zeros(16)),
    siblings: { w: new Uint8Array(16) },
    finds: ["constant-data-twice"],
  },
  {
    name: "an external file outside of the folder",
    bytes: away({ location: "../../etc/passwd" }),
    code: "FILE_ESCAPES_FOLDER",
  },
  {
    name: "a sparse tensor without indices",
    bytes: between([node("Identity", ["w"], ["y"])], {
      more: [
        [
          15,
          message([
            [1, floats("w", 2)],
            [3, 4],
          ]),
        ],
      ],
      inputs: [],
    }),
    code: "MODEL_PROTOBUF_DAMAGED",
  },
  {
    name: "a sparse tensor with an index past its end",
    bytes: holdingSparse(floats("w", 2), integers("", [2], [0, 9]), [4]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor with a negative index",
    bytes: holdingSparse(floats("w", 2), integers("", [2], [-3n, 1]), [4]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor out of order",
    bytes: holdingSparse(floats("w", 2), integers("", [2], [2, 1]), [4]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor with one place twice",
    bytes: holdingSparse(floats("w", 2), integers("", [2, 2], [1, 1, 1, 1]), [2, 2]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor with coordinates of another rank",
    bytes: holdingSparse(floats("w", 2), integers("", [2, 3], [0, 0, 0, 1, 1, 1]), [2, 2]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor with more values than indices",
    bytes: holdingSparse(floats("w", 3), integers("", [2], [0, 1]), [4]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor with float indices",
    bytes: holdingSparse(floats("w", 2), floats("", 2), [4]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor with matrices for values",
    bytes: holdingSparse(floats("w", 2, 1), integers("", [2], [0, 1]), [4]),
    finds: SPARSE,
  },
  {
    name: "a sparse tensor of negative length",
    bytes: holdingSparse(floats("w", 2), integers("", [2], [0, 1]), [-4n]),
    code: SHAPE,
  },
  {
    name: "a sparse tensor of 2^60 elements",
    bytes: holdingSparse(floats("w", 2), integers("", [2], [0, 1]), [2n ** 30n, 2n ** 30n]),
    code: SHAPE,
  },
  {
    name: "a sparse tensor of 2^50 elements",
    bytes: holdingSparse(floats("w", 2), integers("", [2], [0, 1]), [2n ** 50n]),
  },
  {
    name: "a sparse attribute with an index past its end",
    bytes: between(
      [
        node(
          "Constant",
          [],
          ["y"],
          [5, attribute("sparse_value", { sparse: sparse(floats("", 1), integers("", [1], [7]), [2]) })],
        ),
      ],
      { inputs: [] },
    ),
    finds: SPARSE,
  },
  {
    name: "a constant that is no input, in an old file",
    bytes: holding(floats("w", 2), 3),
    finds: ["constant-input"],
  },
  {
    name: "int4 in a file older than it",
    bytes: holding(tensor("w", INT4, [2], raw(0x21)), 7),
    finds: ["ir-feature"],
  },
  {
    name: "a declared length of -1",
    bytes: between([node("Relu", ["x"], ["y"])], { inputs: [info("x", tensorType(FLOAT, [-1n]))] }),
    finds: ["dimension-negative"],
  },
  {
    name: "a declared length of 2^60",
    bytes: between([node("Relu", ["x"], ["y"])], { inputs: [info("x", tensorType(FLOAT, [2n ** 60n]))] }),
    finds: ["dimension-huge"],
  },
  {
    name: "declared lengths whose product is over 2^53",
    bytes: between([node("Relu", ["x"], ["y"])], {
      inputs: [info("x", tensorType(FLOAT, [2n ** 30n, 2n ** 30n]))],
    }),
    finds: ["shape-huge"],
  },
  {
    name: "a declared element type of 77",
    bytes: between([node("Relu", ["x"], ["y"])], { inputs: [info("x", tensorType(77, [2]))] }),
    finds: ["type-unknown", "input-untyped"],
  },
];
