// Random contracts, as many forms as the type has, for the round trip through model.yaml.
import type {
  Calibration,
  Contract,
  InputContract,
  ModelFile,
  OutputContract,
  Tokenizer,
} from "../../src/model/contract/index.ts";

/** Mulberry32: numbers from 0 to 1 that a seed decides. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Words that YAML takes for something else where they are not quoted, and names that exporters write. */
const WORDS = [
  "input",
  "a: b",
  "- x",
  "yes",
  "no",
  "null",
  "~",
  "1e3",
  "0x10",
  "1_000",
  "2020-01-01",
  "true",
  "",
  " ",
  "a b ",
  "#no comment",
  "x # y",
  "größer",
  "東",
  "😀",
  "line\nbreak",
  "tab\t",
  "'",
  '"',
  "\\",
  "{a}",
  "[b]",
  "&c",
  "*d",
  "!e",
  "%f",
  "@g",
  "`h",
  "|",
  ">",
  "key:",
  ":",
  "?",
  "<<",
  "0",
  "-0",
  "01",
  ".5",
  ".inf",
  ".nan",
  "=",
  "a\u00a0b",
  "\u2028",
  "constructor",
  "toString",
  "x".repeat(200),
  "onnx::Flatten_0",
  "serving_default_input_2:0",
];

export function randomContract(random: () => number): { contract: Contract; head: Partial<ModelFile> } {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const count = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const real = () => pick([0, 1, -1, 0.1, 1 / 3, -0.485, 1e-7, 123.675, 65_504, Math.fround(0.1)]);
  const list = <T>(make: () => T, least: number, most: number) =>
    Array.from({ length: count(least, most) }, make);
  const word = () => pick(WORDS);
  const side = () => pick([null, 1, 224, 640]);
  const labels = () => pick([null, "labels.txt", list(word, 1, 5)]);

  const tokenizer = (): Tokenizer => ({
    kind: pick(["regex", "whitespace", "wordpiece"] as const),
    ...(random() < 0.5 ? { delimiter: pick(["[^\\w']+", word()]) } : {}),
    vocabulary: pick(["vocab.txt", list(word, 1, 5)]),
    lowercase: random() < 0.5,
  });
  const calibration = (): Calibration => ({
    transformation: pick(["identity", "log", "inverse-logistic"] as const),
    default: real(),
    parameters: pick(["calibration.csv", list(() => pick(["", "1,0.5,-0.1"]), 1, 4)]),
  });
  const quantization = () => ({ scale: pick([1 / 256, 0.0078125]), zeroPoint: pick([-128, 0, 255]) });
  const activation = () => pick(["softmax", "sigmoid", "none"] as const);

  const inputs: (() => InputContract)[] = [
    () => ({
      kind: "image",
      tensor: word(),
      size: [side(), side()],
      layout: pick(["NCHW", "NHWC", "CHW", "HWC", "NHW"] as const),
      color: pick(["RGB", "BGR", "GRAY", "RGBA"] as const),
      resize: pick(["stretch", "crop", "letterbox", "width-free"] as const),
      ...(random() < 0.5 ? { cropFraction: pick([1, 0.875, 1 / 3]) } : {}),
      normalize: {
        scale: pick([1, 1 / 255, 1e-12]),
        mean: list(real, 1, 4),
        std: list(() => pick([1, 0.229, 1 / 3]), 1, 4),
      },
      ...(random() < 0.5 ? { ground: pick(["dark", "light"] as const) } : {}),
      ...(random() < 0.5 ? { margin: pick([0, 114, 127.5]), antialias: random() < 0.5 } : {}),
    }),
    () => ({
      kind: "audio",
      tensor: word(),
      sampleRate: count(1, 48_000),
      frame: pick([null, 512]),
      context: count(0, 64),
    }),
    () => ({
      kind: "text",
      tensors: { ids: word(), mask: word() },
      tokenizer: pick([null, "tokenizer.json", word(), tokenizer()]),
      maxLength: pick([null, 512]),
    }),
    () => ({ kind: "table", tensor: word(), columns: pick([null, list(word, 1, 4)]) }),
    () => ({ kind: "tensor", tensor: word() }),
  ];
  const outputs: (() => OutputContract)[] = [
    () => ({
      kind: "scores",
      tensor: word(),
      activation: activation(),
      labels: labels(),
      ...(random() < 0.3 ? { quantization: quantization() } : {}),
      ...(random() < 0.3 ? { calibration: calibration(), threshold: real() } : {}),
    }),
    () => ({
      kind: "detections",
      tensors: {
        boxes: word(),
        scores: word(),
        ...(random() < 0.5 ? { classes: word(), count: word() } : {}),
      },
      box: {
        type: pick(["boundaries", "upper-left", "center"] as const),
        order: pick([
          [0, 1, 2, 3],
          [1, 0, 3, 2],
        ]),
        unit: pick(["ratio", "pixels"] as const),
      },
      activation: activation(),
      labels: labels(),
      threshold: real(),
      ...(random() < 0.3 ? { calibration: calibration() } : {}),
      ...(random() < 0.5
        ? {
            anchors: {
              strides: list(() => pick([8, 16]), 1, 4),
              scales: [0.1484375, 0.75],
              ratios: list(() => pick([1, 0.5, 1 / 3]), 0, 3),
              interpolated: pick([0, 1]),
              offset: 0.5,
              fixed: random() < 0.5,
              divisors: [128, 128, 10, 5],
              exponential: random() < 0.5,
            },
            suppression: {
              overlap: 0.3,
              method: pick(["greedy", "weighted"] as const),
              acrossClasses: random() < 0.5,
            },
            keypoints: list(word, 1, 6),
          }
        : {}),
    }),
    () => ({
      kind: "mask",
      tensor: word(),
      pixels: pick(["scores", "index", "foreground"] as const),
      layout: pick(["NCHW", "NHWC", "CHW", "HWC", "NHW", "HW"] as const),
      activation: activation(),
      labels: labels(),
      threshold: real(),
      ...(random() < 0.3 ? { quantization: quantization() } : {}),
    }),
    () => ({
      kind: "ctc",
      tensor: word(),
      activation: pick(["softmax", "none"] as const),
      blank: count(0, 9),
      dictionary: labels(),
    }),
    () => ({ kind: "probability", tensor: word(), threshold: pick([0, 0.5, 1 / 3, 1]) }),
    () => ({ kind: "embedding", tensor: word() }),
    () => ({ kind: "tensor", tensor: word() }),
  ];
  const named = <T>(make: () => T) => Object.fromEntries(list(() => [word(), make()] as const, 0, 3));
  const contract: Contract = {
    task: pick([null, "image-classification", word()]),
    inputs: named(() => pick(inputs)()),
    outputs: named(() => pick(outputs)()),
    states: named(() => ({
      input: word(),
      output: word(),
      start: "zero",
      ...(random() < 0.5 ? { shape: [1, 0, 2] } : {}),
    })),
    constants: named(() => ({
      tensor: word(),
      value: pick([1, -0.5, true, false, word(), [1, 2], [word(), word()]]),
    })),
    evidence: list(
      () => ({
        field: word(),
        source: word(),
        confidence: pick(["written", "declared", "high", "medium", "low"] as const),
        reason: word(),
      }),
      0,
      3,
    ),
  };
  const head: Partial<ModelFile> = {
    name: pick(["mnist", "a b", "größer", "1e3", "null"]),
    ...(random() < 0.5
      ? { sha256: pick(["0".repeat(64), "1234567890".repeat(7).slice(0, 64), "9f".repeat(32)]) }
      : {}),
    ...(random() < 0.5 ? { model: word(), description: word(), license: word(), example: word() } : {}),
    ...(random() < 0.5
      ? {
          serving: {
            max_batch: count(0, 64),
            instances: 2,
            device: word(),
            isolation: "process",
            threads: 3,
          },
        }
      : {}),
  };
  return { contract, head };
}
