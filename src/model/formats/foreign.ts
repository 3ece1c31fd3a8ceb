import type { Format } from "./format.ts";

/**
 * Files that people are handed and that are recognised, each by its magic, but not read yet: named as what they are, with
 * what can be done with them today.
 */
interface Row {
  readonly id: string;
  readonly title: string;
  readonly extensions: readonly string[];
  readonly advice: string;
  /** See Format. */
  readonly never?: true;
  /** Of a magic that says what the file is like, and little of what it is. @default 0.95 */
  readonly sure?: number;
  /** Sure signs in the first bytes or the name. */
  magic(head: Uint8Array, text: string, size: number): boolean;
}

const ascii = (text: string, at: number, word: string) => text.startsWith(word, at);

const ROWS: readonly Row[] = [
  {
    id: "ort",
    title: "an ONNX Runtime model (.ort)",
    extensions: [".ort"],
    advice: "Give the .onnx file that it was made from.",
    magic: (_head, text) => ascii(text, 4, "ORTM"),
  },
  {
    id: "gguf",
    title: "a GGUF file: weights and tokenizer of a language model for llama.cpp",
    extensions: [".gguf"],
    advice: "It holds no graph; run it with llama.cpp, or export the original model to ONNX.",
    magic: (_head, text) => ascii(text, 0, "GGUF"),
  },
  {
    id: "hdf5",
    title: "an HDF5 file, as Keras writes .h5 models and weights",
    extensions: [".h5", ".hdf5"],
    advice:
      "Export it from Keras with `model.export('model.onnx', format='onnx')`, or convert it with tf2onnx.",
    magic: (head) => head[0] === 0x89 && head[1] === 0x48 && head[2] === 0x44 && head[3] === 0x46,
  },
  {
    id: "safetensors",
    title: "a safetensors file: weights without a graph",
    extensions: [".safetensors"],
    advice:
      "The weights alone cannot run: export the model with its code to ONNX (Optimum: `optimum-cli export onnx`).",
    magic: (head, text, size) => {
      if (head.length < 10 || text[8] !== "{") return false;
      const low = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
      return low >= 2n && low <= BigInt(size) - 8n;
    },
  },
  {
    id: "pickle",
    title: "a Python pickle, as joblib and old PyTorch files are",
    extensions: [".pkl", ".pickle", ".joblib"],
    advice:
      "A pickle is a program and is never executed here: export it where it was made (skl2onnx for scikit-learn, torch.onnx.export for PyTorch).",
    magic: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5,
  },
  {
    id: "npy",
    never: true,
    title: "a NumPy array",
    extensions: [".npy"],
    advice: "It is an input, not a model: `modelyard run model.onnx --input name=file.npy`.",
    magic: (_head, text) => ascii(text, 0, "\u0093NUMPY"),
  },
  {
    id: "git-lfs",
    never: true,
    title: "a Git LFS pointer, not the file itself",
    extensions: [],
    advice: "Fetch the real file with `git lfs pull`.",
    magic: (_head, text) => ascii(text, 0, "version https://git-lfs"),
  },
  {
    id: "gzip",
    title: "a gzip archive",
    extensions: [".gz", ".tgz"],
    advice: "Unpack it first: `tar xzf` or `gunzip`.",
    magic: (head) => head[0] === 0x1f && head[1] === 0x8b,
  },
  {
    id: "html",
    never: true,
    title: "a web page, not a model",
    extensions: [".html", ".htm"],
    advice:
      "A download answered with a page, often a login or an error: open it in a browser, and fetch the file itself.",
    magic: (_head, text) =>
      /^(?:\u00ef\u00bb\u00bf)?\s*(?:<\?xml[^>]*>\s*|<!--[^>]*-->\s*)?<(?:!doctype html|html|head|body)\b/i.test(
        text,
      ),
  },
  {
    id: "openvino",
    title: "an OpenVINO model (.xml with .bin)",
    extensions: [".xml"],
    advice: "Give the ONNX file that it was made from.",
    magic: (_head, text) => /^\s*(<\?xml[^>]*>\s*)?<net\s/.test(text),
  },
  {
    id: "tfjs",
    title: "a TensorFlow.js model",
    extensions: [],
    advice: "Convert it to a SavedModel with tensorflowjs_converter and that to ONNX with tf2onnx.",
    magic: (_head, text) =>
      /^\s*\{/.test(text) && /"(modelTopology|format)"\s*:\s*("(graph|layers)-model"|\{)/.test(text),
  },
  {
    id: "xgboost",
    title: "an XGBoost model",
    extensions: [".ubj"],
    advice: "Convert it with onnxmltools.convert_xgboost.",
    // Before 1.0: 136 bytes of parameters, then the objective's name after its length.
    magic: (_head, text) =>
      /^\s*\{\s*"learner"/.test(text) ||
      ascii(text, 0, "{L") ||
      ascii(text, 0, "binf") ||
      /^(binary|multi|reg|rank|count|survival|gpu):/.test(text.slice(144, 160)),
  },
  {
    id: "lightgbm",
    title: "a LightGBM model",
    extensions: [],
    advice: "Convert it with onnxmltools.convert_lightgbm.",
    magic: (_head, text) => /^tree\r?\nversion=/.test(text),
  },
  {
    id: "catboost",
    title: "a CatBoost model",
    extensions: [".cbm"],
    advice: "Save it as ONNX: `model.save_model('model.onnx', format='onnx')`.",
    magic: (_head, text) => ascii(text, 0, "CBM1"),
  },
  {
    id: "saved-model",
    title: "a SavedModel of TensorFlow",
    extensions: ["saved_model.pb"],
    advice:
      "Convert the folder that it lies in with tf2onnx: `python -m tf2onnx.convert --saved-model folder --output model.onnx`.",
    // Schema version 1, then a graph, whose length takes more than one byte.
    magic: (head) => head[0] === 0x08 && head[1] === 0x01 && head[2] === 0x12 && (head[3] ?? 0) >= 128,
  },
  {
    id: "tensorflow",
    title: "a frozen graph of TensorFlow",
    extensions: [".pb", ".pbtxt"],
    advice:
      "Convert it with tf2onnx: `python -m tf2onnx.convert --graphdef model.pb --inputs input:0 --outputs output:0 --output model.onnx`, with the names of its own inputs and outputs, which Netron shows.",
    magic: (head, text) => head[0] === 0x0a && /Placeholder|Const/.test(text),
  },
  {
    id: "json",
    never: true,
    title: "JSON of no model that is known",
    extensions: [".json"],
    advice: "Give the model file itself.",
    sure: 0.5,
    magic: (_head, text) => /^\s*[[{]\s*["[{\d]/.test(text),
  },
  {
    id: "picture",
    never: true,
    title: "a picture, not a model",
    extensions: [".png", ".jpg", ".jpeg"],
    advice: "It is an input: `modelyard run model.onnx picture.png`.",
    magic: (head, text) =>
      ascii(text, 1, "PNG\r\n") || (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff),
  },
  {
    id: "xml",
    never: true,
    title: "XML, not a model",
    extensions: [],
    advice:
      "A download may have answered with an error: look into it with an editor, and fetch the file itself.",
    sure: 0.48,
    magic: (head, text) => isText(head) && /^\s*<\?xml\b/.test(text),
  },
  {
    id: "csv",
    never: true,
    title: "a table as text (CSV), not a model",
    extensions: [],
    advice: "Its rows are inputs: give the model that was trained on such rows.",
    sure: 0.47,
    magic: (head, text) => isText(head) && isTable(text),
  },
  {
    id: "text",
    never: true,
    title: "text, not a model",
    extensions: [],
    advice:
      "It may be a note or an error in the model's place: look into it with an editor, and fetch the model file itself.",
    sure: 0.45,
    magic: (head) => isText(head),
  },
];

/** Formats that are written as text, and are told by their names where nothing in them is as sure. */
const TEXT_FORMATS = /\.(?:pbtxt|prototxt|cfg|param|xml|json|mil)$/i;

/** UTF-8 without control characters. No protobuf of 512 bytes is: lengths and numbers of fields are control characters. */
function isText(head: Uint8Array): boolean {
  if (head.some((byte) => (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d)) || byte === 0x7f)) return false;
  try {
    // The last character may be cut.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Two lines at least, with as many separators in the first as in the second. */
function isTable(text: string): boolean {
  const lines = text.split(/\r?\n/);
  // What the head cuts off may be part of the second line.
  const [first = "", second = ""] = lines.length > 2 ? lines : lines.slice(0, -1);
  return [",", ";", "\t"].some((separator) => {
    const count = first.split(separator).length;
    return count > 1 && second.split(separator).length === count;
  });
}

export const FOREIGN: readonly Format[] = ROWS.map((row) => ({
  id: row.id,
  title: row.title,
  extensions: row.extensions,
  advice: row.advice,
  ...(row.never && { never: row.never }),
  sniff(head, name, size) {
    const text = LATIN1.decode(head);
    const { sure = 0.95 } = row;
    const isNamed = sure < 0.5 && TEXT_FORMATS.test(name);
    if (!isNamed && row.magic(head, text, size)) return sure;
    // The name alone is a weak sign, but it makes a better message than none.
    return row.extensions.some((extension) => name.toLowerCase().endsWith(extension)) ? 0.2 : 0;
  },
}));

const LATIN1 = new TextDecoder("latin1");
