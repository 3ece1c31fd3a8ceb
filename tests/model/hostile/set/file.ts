// The file itself: protobuf that is cut off, nests without end, or is no model.
import { message, varint } from "../../files.ts";
import {
  attribute,
  between,
  entry,
  graph,
  info,
  model,
  node,
  opset,
  sequenceOf,
  tensorType,
} from "../proto.ts";
import type { Hostile } from "../set.ts";

const good = between([node("Relu", ["x"], ["y"])]);

const tag = (field: number, wire: number) => varint(BigInt(field * 8 + wire));
/** The beginning of a model, and then these bytes. */
const then = (...bytes: number[]) =>
  Buffer.concat([
    message([
      [1, 8],
      [2, "hostile"],
    ]),
    Uint8Array.from(bytes),
  ]);

function nestedGraphs(depth: number): Uint8Array {
  let inner = graph([]);
  for (let level = 0; level < depth; level++)
    inner = graph([node("Loop", [], [], [5, attribute("body", { graph: inner })])]);
  return model(inner);
}

function nestedTypes(depth: number): Uint8Array {
  let type = tensorType(1, [1]);
  for (let level = 0; level < depth; level++) type = sequenceOf(type);
  return between([node("Identity", ["x"], ["y"])], { inputs: [info("x", type)] });
}

const DAMAGED = "MODEL_PROTOBUF_DAMAGED";

export const FILE: readonly Hostile[] = [
  { name: "an empty file", bytes: new Uint8Array(0), code: "MODEL_EMPTY" },
  {
    name: "no graph",
    bytes: message([
      [1, 8],
      [2, "hostile"],
      [5, 1],
    ]),
    code: "MODEL_NOT_ONNX",
  },
  { name: "an empty graph", bytes: model(graph([])), code: "MODEL_NOT_ONNX" },
  { name: "cut in the graph", bytes: good.subarray(0, good.length - 20), code: DAMAGED },
  { name: "cut in a length", bytes: good.subarray(0, 12), code: DAMAGED },
  { name: "a length past the end", bytes: then(...tag(7, 2), ...varint(2n ** 31n)), code: DAMAGED },
  { name: "a length of 2^63", bytes: then(...tag(7, 2), ...varint(2n ** 63n)), code: DAMAGED },
  { name: "a number of eleven bytes", bytes: then(...tag(5, 0), ...new Array(11).fill(255)), code: DAMAGED },
  { name: "a field number of 0", bytes: then(2, 0), code: DAMAGED },
  { name: "a group", bytes: then(...tag(3, 3), ...tag(3, 4)), code: DAMAGED },
  { name: "wire type 7", bytes: then(...tag(3, 7)), code: DAMAGED },
  { name: "graphs nested 60 deep", bytes: nestedGraphs(60), code: DAMAGED },
  { name: "graphs nested 3,000 deep", bytes: nestedGraphs(3_000), code: DAMAGED },
  { name: "types nested 17 deep", bytes: nestedTypes(17), code: DAMAGED },
  { name: "types nested 5,000 deep", bytes: nestedTypes(5_000), code: DAMAGED },
  {
    name: "the version of the file format 0",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { ir: 0 }),
    finds: ["ir-version"],
  },
  {
    name: "a negative version of the file format",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { ir: -1n }),
    finds: ["ir-version"],
  },
  {
    name: "a version of the file format to come",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { ir: 999 }),
    finds: ["ir-version"],
  },
  {
    name: "no operator set",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { opsets: [] }),
    finds: ["opset-missing"],
  },
  {
    name: "an operator set to come",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { opsets: [opset(9_999)] }),
    finds: ["opset-version"],
  },
  {
    name: "the operator set 0",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { opsets: [opset(0)] }),
    finds: ["opset-version"],
  },
  {
    name: "an operator set of 2^62",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { opsets: [opset(2n ** 62n)] }),
    finds: ["opset-version"],
  },
  {
    name: "a negative operator set",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { opsets: [opset(-5n)] }),
    finds: ["opset-version"],
  },
  {
    name: "an operator set twice",
    bytes: between([node("Relu", ["x"], ["y"])], {}, { opsets: [opset(17), opset(9)] }),
    finds: ["opset-twice"],
  },
  {
    name: "metadata twice",
    bytes: between(
      [node("Relu", ["x"], ["y"])],
      {},
      {
        more: [
          [14, entry("a", "1")],
          [14, entry("a", "2")],
        ],
      },
    ),
    finds: ["metadata-twice"],
  },
];
