import type { Calibration, Quantization } from "./numbers.ts";
import type { DetectionsOutput, MaskOutput, TextMapOutput } from "./vision.ts";

export type { Calibration, Quantization } from "./numbers.ts";

/**
 * The contract of a model: what its tensors MEAN. Fields declared by the file, inferred from the graph, or written
 * by a person in model.yaml; `evidence` says which, with the reason.
 */
export interface Contract {
  /** What the model does, in its maker's words. */
  description?: string;
  license?: string;
  /** Id of a folder in run/tasks, or null where no task is known (named tensors in, named tensors out). */
  task: string | null;
  /** By the contract's own names; one input may feed several tensors. Tensors not mentioned are fed as they are. */
  inputs: Record<string, InputContract>;
  outputs: Record<string, OutputContract>;
  /** What a stream carries from frame to frame. */
  states: Record<string, StateContract>;
  /** Input tensors with one fixed value (a sample rate, a threshold). */
  constants: Record<string, ConstantContract>;
  evidence: Evidence[];
}

export type Confidence = "written" | "declared" | "high" | "medium" | "low";

/** Where a statement of the contract came from. */
export interface Evidence {
  /** Path into the contract: "inputs.image.normalize", "outputs.classes.labels", "task". */
  field: string;
  /** What said so: "metadata_props: names", "preprocessor_config.json", "graph", "model.yaml". */
  source: string;
  confidence: Confidence;
  /** One clause for a person: "the first operator is Conv over 1 channel of 28×28". */
  reason: string;
}

export type InputContract = ImageInput | AudioInput | TextInput | TableInput | TensorInput;

export interface Normalize {
  /** Multiplies the 0..255 value first; 1 leaves it. */
  scale: number;
  /** One number a channel (or one for all), subtracted after scaling, in the order of `color`. */
  mean: number[];
  /** One number a channel (or one for all), divided by after the mean is subtracted. */
  std: number[];
}

/** A picture. The tensor is `(pixel * scale - mean) / std`. */
export interface ImageInput {
  kind: "image";
  tensor: string;
  /** [height, width]; null where the model takes any. */
  size: [number | null, number | null];
  /** Where both sides are open: what they must be multiples of, at least once. */
  multiple?: number;
  /** Where both sides are open: the longer one is shrunk to it. */
  longest?: number;
  layout: "NCHW" | "NHWC" | "CHW" | "HWC" | "NHW";
  color: "RGB" | "BGR" | "GRAY" | "RGBA";
  /** How a picture of another size is fitted. `width-free`: the height is fixed and the width follows the aspect ratio. */
  resize: "stretch" | "crop" | "letterbox" | "width-free";
  /** For `crop`: the shorter edge is resized to size / cropFraction first. */
  cropFraction?: number;
  /** For `letterbox`: the grey of the margins, 0 to 255; 114 where nothing is said, as the YOLO family has it. */
  margin?: number;
  /**
   * Whether every pixel of a larger picture counts, as with Pillow; false: the four nearest to each place, as with OpenCV and
   * TensorFlow. True where nothing is said.
   */
  antialias?: boolean;
  normalize: Normalize;
  /** Light strokes on a dark ground are expected (as in MNIST); the page and `run` may offer to invert. */
  ground?: "dark" | "light";
}

/** Sound as mono samples of −1..1. */
export interface AudioInput {
  kind: "audio";
  tensor: string;
  /** In hertz. */
  sampleRate: number;
  /** Samples of one frame or window; null for models that take a whole sound at once. */
  frame: number | null;
  /** Samples of the previous frame that are put before each frame. */
  context: number;
}

export interface TextInput {
  kind: "text";
  /** Tensor names by role: ids, mask, types. */
  tensors: Record<string, string>;
  /** A tokenizer file beside the model (tokenizer.json), or how text becomes tokens. */
  tokenizer: string | Tokenizer | null;
  maxLength: number | null;
}

/** How text becomes the numbers of its tokens. */
export interface Tokenizer {
  /** regex: words between what `delimiter` matches; whitespace: words between blanks; wordpiece: BERT's pieces of words. */
  kind: "regex" | "whitespace" | "wordpiece";
  /** For `regex`: a pattern of single characters or classes of them, such as `[^\\w']+`. */
  delimiter?: string;
  /** A file beside the model, a token a line in the order of their numbers (or `token number`), or the list. */
  vocabulary: string | string[];
  /** Whether capital letters become small ones first. */
  lowercase: boolean;
}

export interface TableInput {
  kind: "table";
  tensor: string;
  columns: string[] | null;
}

/** A tensor without a known meaning. */
export interface TensorInput {
  kind: "tensor";
  tensor: string;
}

export type OutputContract =
  | ScoresOutput
  | SequenceOutput
  | ProbabilityOutput
  | DetectionsOutput
  | MaskOutput
  | TextMapOutput
  | PlainOutput;

/** Class scores over the last dimension. */
export interface ScoresOutput {
  kind: "scores";
  tensor: string;
  /** What the graph has not yet applied: softmax (one class), sigmoid (any number of classes), none (already a probability). */
  activation: "softmax" | "sigmoid" | "none";
  /** A file beside the model, or the list; null: the label is the class index. */
  labels: string | string[] | null;
  quantization?: Quantization;
  calibration?: Calibration;
  /** Classes below it are not answered. */
  threshold?: number;
}

/** Scores for each step of a sequence, decoded by CTC. */
export interface SequenceOutput {
  kind: "ctc";
  tensor: string;
  /** Whether softmax is still to be applied. */
  activation: "softmax" | "none";
  blank: number;
  /** Character of each class but the blank, in class order; a file beside the model, or the list. */
  dictionary: string | string[] | null;
}

/** One probability a frame, as voice activity detection gives it. */
export interface ProbabilityOutput {
  kind: "probability";
  tensor: string;
  /** Above it, the frame counts. */
  threshold: number;
}

export interface PlainOutput {
  kind: "tensor" | "embedding";
  tensor: string;
}

export interface StateContract {
  input: string;
  output: string;
  /** What fills the first frame's state: a quantised one has its zero elsewhere. */
  start: "zero" | number;
  /** The shape of the first frame's state, where the model's own has open dimensions. */
  shape?: number[];
}

export interface ConstantContract {
  tensor: string;
  value: number | number[] | string | string[] | boolean;
}

/** How a model is to be served; all optional in the file. */
export interface Serving {
  /** Most rows of one batch; 0 forbids batching; undefined lets the probe decide. */
  max_batch?: number;
  instances?: number;
  device?: string;
  isolation?: "thread" | "process";
  /** Stays in memory where models share a budget of it. */
  pinned?: boolean;
  /** Milliseconds that a function of the module beside the model may take. */
  deadline_ms?: number;
  /** Threads inside one run; undefined: from what the container has. */
  threads?: number;
}

/** model.yaml as a whole. */
export interface ModelFile {
  name?: string;
  /** A source (npm:…, https:…, a path); left out: the files beside this one. */
  model?: string;
  /** Of the model file, 64 hexadecimal digits. */
  sha256?: string;
  description?: string;
  license?: string;
  /** A source of an example input for the page, or a file beside this one. */
  example?: string;
  task?: string;
  /** JSON Schema of what the module's `after` gives; left out: what the task answers. */
  answer?: Readonly<Record<string, unknown>>;
  inputs?: Record<string, Partial<InputContract> & { kind: string }>;
  outputs?: Record<string, Partial<OutputContract> & { kind: string }>;
  states?: Record<string, StateContract>;
  constants?: Record<string, ConstantContract>;
  evidence?: Partial<Evidence>[];
  serving?: Serving;
}
