// The search for words with a model of a language inside (com.microsoft BeamSearch, GreedySearch, Sampling): the smallest
// decoder that ONNX Runtime takes, whose next word is a row of a table.
import { fed, fixed, graphProto, nodeProto, type OperatorCase, valueInfo } from "../make.ts";

const WORDS = 6;
const int32 = fixed("int32");
const int64 = fixed("int64");

/** (input_ids, position_ids, attention_mask, past_0) → (logits, present_0), as for GPT-2 of one layer, one head of size 2. */
const DECODER = graphProto({
  inputs: [
    valueInfo("input_ids", "int32", [
      ["batch", 1],
      ["length", 1],
    ]),
    valueInfo("position_ids", "int32", [
      ["batch", 1],
      ["length", 1],
    ]),
    valueInfo("attention_mask", "int32", [
      ["batch", 1],
      ["total", 1],
    ]),
    valueInfo("past_0", "float32", [2, ["batch", 1], 1, ["past", 1], 2]),
  ],
  nodes: [
    nodeProto("Gather", ["table", "input_ids"], ["logits"]),
    nodeProto("Shape", ["input_ids"], ["shape"]),
    nodeProto("Gather", ["shape", "first"], ["batch_now"]),
    nodeProto("Gather", ["shape", "second"], ["length_now"]),
    nodeProto("Concat", ["two", "batch_now", "one", "length_now", "two"], ["state"], { axis: 0 }),
    nodeProto("ConstantOfShape", ["state"], ["now"]),
    nodeProto("Concat", ["past_0", "now"], ["present_0"], { axis: 3 }),
  ],
  outputs: [
    valueInfo("logits", "float32", [["batch", 1], ["length", 1], WORDS]),
    valueInfo("present_0", "float32", [2, ["batch", 1], 1, ["total", 1], 2]),
  ],
  constants: {
    table: fixed("float32")([0.1, 0.5, 0.2, 0.3, 0.9], [WORDS, WORDS]),
    first: int64([0]),
    second: int64([1]),
    one: int64([1]),
    two: int64([2]),
  },
});

const attributes = {
  decoder: { graph: DECODER },
  eos_token_id: 5,
  pad_token_id: 5,
  model_type: 0,
  vocab_size: WORDS,
};

const words = fed("int32")(
  [
    ["N", 2],
    ["S", 3],
  ],
  [0, 1, 2],
);
const most = int32([7], [1]);
const least = int32([1], [1]);
const penalty = fixed("float32")([1], [1]);

const of = (op: string, rest: Omit<OperatorCase, "op" | "domain" | "attributes">): OperatorCase => ({
  op,
  domain: "com.microsoft",
  attributes,
  ...rest,
});

export const GENERATION_CASES: readonly OperatorCase[] = [
  of("GreedySearch", { inputs: [words, most, least, penalty] }),
  of("Sampling", { inputs: [words, most, least, penalty] }),
  of("BeamSearch", {
    inputs: [words, most, least, int32([4], [1]), int32([2], [1]), penalty, penalty],
    outputs: 3,
  }),
];
