import { isMap, isScalar, isSeq, type Node as YamlNode } from "yaml";
import type {
  Calibration,
  ConstantContract,
  Evidence,
  ModelFile,
  Normalize,
  Quantization,
  Serving,
  StateContract,
  Tokenizer,
} from "../contract.ts";
import type { AnchorGrid, BoxFormat, DetectionTensors, Suppression } from "../vision.ts";
import {
  type Check,
  either,
  fields,
  flag,
  listOf,
  matching,
  numberBetween,
  oneOf,
  orNull,
  type Place,
  recordOf,
  text,
  wrong,
} from "./checks.ts";
import { valueSchema } from "./value-schema.ts";

const REAL = 3.4e38;
const side = numberBetween(1, 65_536, true);
const real = numberBetween(-REAL, REAL);
const isList = (node: YamlNode | null) => isSeq(node);

const normalize = fields<Normalize>({
  scale: numberBetween(1e-12, 1e12),
  mean: listOf(real, 1, 4),
  std: listOf(numberBetween(1e-12, 1e12), 1, 4),
});

const labels = orNull(either(isList, listOf(text, 1, 1_000_000), text));

const activation = oneOf("softmax", "sigmoid", "none");
const share = numberBetween(0, 1);

const quantization = required<Quantization>(
  fields<Quantization>({
    scale: numberBetween(1e-30, 1e30),
    zeroPoint: numberBetween(-32_768, 65_535, true),
  }),
  "scale",
  "zeroPoint",
);

const calibration = required<Calibration>(
  fields<Calibration>({
    transformation: oneOf("identity", "log", "inverse-logistic"),
    default: real,
    parameters: either(isList, listOf(text, 1, 1_000_000), text),
  }),
  "transformation",
  "default",
  "parameters",
);

const tokenizer: Check<string | Tokenizer | null> = orNull(
  either<string | Tokenizer, Tokenizer>(
    (node) => !isMap(node),
    text,
    withDefaults(
      required<Tokenizer>(
        fields<Tokenizer>({
          kind: oneOf("regex", "whitespace", "wordpiece"),
          delimiter: text as Check<string | undefined>,
          vocabulary: either(isList, listOf(text, 1, 10_000_000), text),
          lowercase: flag,
        }),
        "kind",
        "vocabulary",
      ),
      { lowercase: false },
    ),
  ),
);

/** Where the numbers of a box stand: each of 0 to 3 once. */
const boxOrder: Check<number[]> = (node, place) => {
  const order = listOf(numberBetween(0, 3, true), 4, 4)(node, place);
  if (new Set(order).size === 4) return order;
  throw wrong(node, place, "0, 1, 2 and 3 belong there once each");
};

const anchors = withDefaults(
  required<AnchorGrid>(
    fields<AnchorGrid>({
      strides: listOf(numberBetween(1, 65_536, true), 1, 64),
      scales: listOf(numberBetween(0, 1_000), 2, 2),
      ratios: listOf(numberBetween(1e-3, 1e3), 0, 64),
      interpolated: numberBetween(0, 1e3),
      offset: share,
      fixed: flag,
      divisors: listOf(numberBetween(1e-6, 1e6), 4, 4),
      exponential: flag,
    }),
    "strides",
  ),
  {
    scales: [0.2, 0.95],
    ratios: [1],
    interpolated: 0,
    offset: 0.5,
    fixed: false,
    divisors: [1, 1, 1, 1],
    exponential: false,
  },
);

const suppression = withDefaults(
  required<Suppression>(
    fields<Suppression>({ overlap: share, method: oneOf("greedy", "weighted"), acrossClasses: flag }),
    "overlap",
  ),
  { method: "greedy", acrossClasses: false },
);

/** The keys of each kind of input; `kind` and `tensor` belong to all. */
const INPUTS: Readonly<Record<string, Check<object>>> = {
  image: fields({
    kind: text,
    tensor: text,
    size: listOf(orNull(side), 2, 2),
    multiple: side,
    longest: side,
    layout: oneOf("NCHW", "NHWC", "CHW", "HWC", "NHW"),
    color: oneOf("RGB", "BGR", "GRAY", "RGBA"),
    resize: oneOf("stretch", "crop", "letterbox", "width-free"),
    cropFraction: numberBetween(0.01, 1),
    margin: numberBetween(0, 255),
    antialias: flag,
    normalize,
    ground: oneOf("dark", "light"),
  }),
  audio: fields({
    kind: text,
    tensor: text,
    sampleRate: numberBetween(1, 1_000_000, true),
    frame: orNull(numberBetween(1, 10_000_000, true)),
    context: numberBetween(0, 10_000_000, true),
  }),
  text: fields({
    kind: text,
    tensors: recordOf(text),
    tokenizer,
    maxLength: orNull(numberBetween(1, 100_000_000, true)),
  }),
  table: fields({ kind: text, tensor: text, columns: orNull(listOf(text, 1, 1_000_000)) }),
  tensor: fields({ kind: text, tensor: text }),
};

const OUTPUTS: Readonly<Record<string, Check<object>>> = {
  scores: fields({
    kind: text,
    tensor: text,
    activation,
    labels,
    quantization,
    calibration,
    threshold: real,
  }),
  detections: fields({
    kind: text,
    tensors: required<DetectionTensors>(
      fields<DetectionTensors>({
        boxes: text,
        scores: text,
        classes: text as Check<string | undefined>,
        count: text as Check<string | undefined>,
      }),
      "boxes",
      "scores",
    ),
    box: fields<BoxFormat>({
      type: oneOf("boundaries", "upper-left", "center"),
      order: boxOrder,
      unit: oneOf("ratio", "pixels"),
    }),
    activation,
    labels,
    threshold: real,
    calibration,
    anchors,
    suppression,
    keypoints: listOf(text, 1, 1_000),
  }),
  mask: fields({
    kind: text,
    tensor: text,
    pixels: oneOf("scores", "index", "foreground"),
    layout: oneOf("NCHW", "NHWC", "CHW", "HWC", "NHW", "HW"),
    activation,
    labels,
    threshold: real,
    quantization,
  }),
  ctc: fields({
    kind: text,
    tensor: text,
    activation: oneOf("softmax", "none"),
    blank: numberBetween(0, 1_000_000, true),
    dictionary: labels,
  }),
  "text-map": fields({
    kind: text,
    tensor: text,
    threshold: share,
    regionThreshold: share,
    unclip: numberBetween(0, 10),
  }),
  probability: fields({ kind: text, tensor: text, threshold: numberBetween(0, 1) }),
  embedding: fields({ kind: text, tensor: text }),
  tensor: fields({ kind: text, tensor: text }),
};

/** `kind` says which keys there may be. */
function byKind(kinds: Readonly<Record<string, Check<object>>>): Check<{ kind: string }> {
  return (node, place) => {
    const kind = isMap(node) ? node.get("kind") : undefined;
    const check = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (check) return check(node, place) as { kind: string };
    const known = Object.keys(kinds).join(", ");
    const problem = kind === undefined ? "kind is missing" : `kind ${JSON.stringify(kind)} is unknown`;
    throw wrong(node, place, `${problem}: it is one of ${known}`);
  };
}

function required<T extends object>(check: Check<Partial<T>>, ...keys: (keyof T & string)[]): Check<T> {
  return (node, place) => {
    const value = check(node, place);
    const missing = keys.find((key) => value[key] === undefined);
    if (missing !== undefined) throw wrong(node, place, `${missing} is missing`);
    return value as T;
  };
}

function withDefaults<T extends object>(check: Check<T>, defaults: Partial<T>): Check<T> {
  return (node, place) => ({ ...structuredClone(defaults), ...check(node, place) });
}

const anyNumber = numberBetween(-Number.MAX_VALUE, Number.MAX_VALUE);

const state = required<StateContract>(
  fields<StateContract>({
    input: text,
    output: text,
    start: (node, place) =>
      isScalar(node) && typeof node.value === "number" ? anyNumber(node, place) : oneOf("zero")(node, place),
    shape: listOf(numberBetween(0, 2 ** 31, true), 0, 16) as Check<StateContract["shape"]>,
  }),
  "input",
  "output",
);

const constant = required<ConstantContract>(
  fields<ConstantContract>({
    tensor: text,
    value: (node: YamlNode | null, place: Place) =>
      isSeq(node)
        ? (node.items.map((item) => single(item as YamlNode, place)) as number[] | string[])
        : single(node, place),
  }),
  "tensor",
  "value",
);

function single(node: YamlNode | null, place: Place): number | string | boolean {
  const value = isScalar(node) ? node.value : null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrong(node, place, "a constant is a number, a text, true or false, or a list of them");
}

const serving = fields<Serving>({
  max_batch: numberBetween(0, 65_536, true) as Check<number | undefined>,
  instances: numberBetween(1, 256, true) as Check<number | undefined>,
  device: text as Check<string | undefined>,
  isolation: oneOf("thread", "process") as Check<Serving["isolation"]>,
  threads: numberBetween(1, 1024, true) as Check<number | undefined>,
  deadline_ms: numberBetween(1, 86_400_000, true) as Check<number | undefined>,
  pinned: flag as Check<boolean | undefined>,
});

/** model.yaml as a whole. */
export const MODEL_FILE: Check<ModelFile> = fields<Required<ModelFile>>({
  name: matching(/^[^\0/\\][^\0\\]{0,255}$/, "a name"),
  model: text,
  sha256: matching(/^[0-9a-fA-F]{64}$/, "a sha256, which has 64 hexadecimal digits"),
  description: text,
  license: text,
  example: text,
  task: text,
  answer: valueSchema,
  inputs: recordOf(byKind(INPUTS)) as Check<Required<ModelFile>["inputs"]>,
  outputs: recordOf(byKind(OUTPUTS)) as Check<Required<ModelFile>["outputs"]>,
  states: recordOf(state),
  constants: recordOf(constant),
  evidence: listOf(
    fields<Evidence>({
      field: text,
      source: text,
      confidence: oneOf("written", "declared", "high", "medium", "low"),
      reason: text,
    }),
    0,
    10_000,
  ),
  serving: serving as Check<Serving>,
});
