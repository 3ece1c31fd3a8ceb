import type { ByteSource } from "../../base/sources/source.ts";
import type { Format } from "./format.ts";

/**
 * What an archive is by the names of its files: many formats are a zip or a tar. The first that fits is it, so the narrower
 * stand before the wider.
 */
interface Row {
  readonly id: string;
  readonly title: string;
  readonly extensions: readonly string[];
  readonly advice: string;
  /** @param files paths in the archive, without a folder that all of them share */
  holds(files: readonly string[]): boolean;
  /** Loads the reader of those that are read. */
  readonly load?: Format["load"];
  /** Files whose names are worth saying. */
  readonly shows?: RegExp;
}

const some = (files: readonly string[], pattern: RegExp) => files.some((file) => pattern.test(file));
const every = (files: readonly string[], pattern: RegExp) =>
  files.length > 0 && files.every((file) => pattern.test(file));

const IN_ZIP: readonly Row[] = [
  {
    id: "pytorch-aot",
    title: "a PyTorch model compiled to machine code (AOTInductor, .pt2)",
    extensions: [],
    advice:
      "It runs on the kind of machine that it was compiled for alone: export the model that it was made from to ONNX.",
    holds: (files) => some(files, /(^|\/)data\/aotinductor\//),
  },
  {
    id: "pytorch-export",
    title: "a PyTorch program, as torch.export.save writes it (.pt2)",
    extensions: [".pt2"],
    advice:
      "Export it to ONNX where PyTorch is: `torch.onnx.export(torch.export.load('model.pt2'), f='model.onnx', dynamo=True)`.",
    holds: (files) =>
      files.includes("serialized_exported_program.json") ||
      (files.includes("archive_format") && some(files, /^models\/[^/]+\.json$/)),
  },
  {
    id: "torchscript",
    title: "a TorchScript model: PyTorch code and weights (.pt)",
    extensions: [],
    advice:
      "Export it to ONNX where PyTorch is: `torch.onnx.export(torch.jit.load('model.pt'), (example,), 'model.onnx', dynamo=False)`.",
    holds: (files) => files.includes("constants.pkl") && some(files, /^code\//),
  },
  {
    id: "pytorch",
    title: "a PyTorch checkpoint: weights without a graph (.pt, .pth, .ckpt, .bin)",
    extensions: [".pt", ".pth", ".ckpt"],
    advice:
      "The weights alone cannot run: load them into the code of their model, and export that with torch.onnx.export.",
    holds: (files) => files.includes("data.pkl"),
  },
  {
    id: "keras",
    title: "a Keras 3 model (.keras)",
    extensions: [".keras"],
    advice:
      "Export it to ONNX where Keras is: `keras.models.load_model('model.keras').export('model.onnx', format='onnx')`.",
    holds: (files) => files.includes("config.json") && some(files, /^model\.weights\.(h5|json|npz)$/),
  },
  {
    id: "torchserve",
    title: "an archive for TorchServe (.mar)",
    extensions: [".mar"],
    advice: "Unpack it with `unzip`: it holds a PyTorch model; export that to ONNX where PyTorch is.",
    holds: (files) => files.includes("MAR-INF/MANIFEST.json"),
  },
  {
    id: "skops",
    title: "a scikit-learn model, as skops writes it (.skops)",
    extensions: [".skops"],
    advice: "Load it where scikit-learn is, with skops.io.load, and convert it with skl2onnx.",
    holds: (files) => files.includes("schema.json"),
  },
  {
    id: "npz",
    title: "an archive of NumPy arrays (.npz), without a graph",
    extensions: [".npz"],
    advice:
      "It is no model. As an input, save each array with numpy.save: `modelyard run model.onnx --input name=file.npy`.",
    holds: (files) => every(files, /\.npy$/),
  },
  {
    id: "coreml-package",
    title: "a packed Core ML model (.mlpackage)",
    extensions: [".mlpackage"],
    advice: "It runs on Apple's systems alone: export the model that it was made from to ONNX.",
    holds: (files) => files.includes("Manifest.json") && some(files, /(^|\/)com\.apple\.CoreML\//),
  },
  {
    id: "saved-model-zip",
    title: "a packed SavedModel of TensorFlow",
    extensions: [],
    advice:
      "Unpack it, and convert it with tf2onnx: `python -m tf2onnx.convert --saved-model folder --output model.onnx`.",
    holds: (files) => some(files, /(^|\/)saved_model\.pb$/),
  },
  {
    id: "tfjs-zip",
    title: "a packed TensorFlow.js model, as Teachable Machine gives it",
    extensions: [],
    advice:
      "Unpack it, convert it to a SavedModel with tensorflowjs_converter and that to ONNX with tf2onnx.",
    holds: (files) => some(files, /(^|\/)model\.json$/) && some(files, /\.bin$/),
  },
  {
    id: "h2o",
    title: "a model of H2O (MOJO)",
    extensions: [],
    advice: "Train it again with a library that has a converter to ONNX, such as XGBoost or scikit-learn.",
    holds: (files) => files.includes("model.ini") && some(files, /^domains\/|^trees\//),
  },
  {
    id: "tflite-bundle",
    title: "a bundle of TensorFlow Lite models, as MediaPipe has them (.task)",
    extensions: [".task"],
    advice: "Unpack it with `unzip` and give one of its .tflite files.",
    load: () => import("./tflite/bundle.ts"),
    holds: (files) => some(files, /\.tflite$/),
    shows: /\.tflite$/,
  },
  {
    id: "onnx-zip",
    title: "a zip archive of ONNX models",
    extensions: [],
    advice: "Unpack it with `unzip` and give the .onnx file, with the files beside it.",
    holds: (files) => some(files, /\.onnx$/),
    shows: /\.onnx$/,
  },
  {
    id: "zip",
    title: "a zip archive",
    extensions: [".zip"],
    advice: "Unpack it first; if there is a model in it, give that file.",
    holds: () => true,
    shows: /[^/]$/,
  },
];

const IN_TAR: readonly Row[] = [
  {
    id: "nemo",
    title: "a NeMo model: a PyTorch checkpoint with its description (.nemo)",
    extensions: [".nemo"],
    advice: "Export it to ONNX where NeMo is: `model.export('model.onnx')`.",
    holds: (files) => files.includes("model_config.yaml"),
  },
  {
    id: "onnx-tar",
    title: "a tar archive of ONNX models",
    extensions: [],
    advice: "Unpack it with `tar xf` and give the .onnx file, with the files beside it.",
    holds: (files) => some(files, /\.onnx$/),
    shows: /\.onnx$/,
  },
  {
    id: "tar",
    title: "a tar archive",
    extensions: [".tar"],
    advice: "Unpack it with `tar xf`; if there is a model in it, give that file.",
    holds: () => true,
    shows: /[^/]$/,
  },
];

/** Names that a title repeats. */
const MAX_SHOWN = 4;

const ascii = (head: Uint8Array, at: number, word: string) =>
  [...word].every((char, i) => head[at + i] === char.charCodeAt(0));

/** Nearly no file is an archive: what reads them is loaded for one that may be. */
const readers = () => import("../wire/index.ts");

/** A zip may stand behind other data, such as a program that unpacks it: then only its end tells. */
const ZIP: Kind = {
  rows: IN_ZIP,
  magic: (head) => ascii(head, 0, "PK\u0003\u0004") || ascii(head, 0, "PK\u0005\u0006"),
  async names(source, signal) {
    const { readZipDirectory } = await readers();
    const entries = await readZipDirectory(source, signal);
    return entries.map((entry) => entry.name).filter((name) => !name.endsWith("/"));
  },
  isAtEnd: async (source, signal) => (await readers()).hasZip(source, signal),
};

const TAR: Kind = {
  rows: IN_TAR,
  magic: (head) => ascii(head, 257, "ustar"),
  names: async (source, signal) => (await readers()).tarNames(source, signal),
};

interface Kind {
  readonly rows: readonly Row[];
  magic(head: Uint8Array): boolean;
  names(source: ByteSource, signal?: AbortSignal): Promise<readonly string[]>;
  isAtEnd?(source: ByteSource, signal?: AbortSignal): Promise<boolean>;
}

/** Files that hold others, and are told apart by what they hold. */
export const ARCHIVES: readonly Format[] = [ZIP, TAR].flatMap((kind) =>
  kind.rows.map((row): Format => formatOf(row, kind)),
);

function formatOf(row: Row, kind: Kind): Format {
  const { id, title, extensions, advice, load } = row;
  return {
    id,
    title,
    extensions,
    advice,
    ...(load && { load }),
    sniff(head, name) {
      // The kind's last row is any file of the kind, until it is looked into.
      if (kind.magic(head)) return row === kind.rows.at(-1) ? 0.95 : 0;
      return extensions.some((extension) => name.toLowerCase().endsWith(extension)) ? 0.2 : 0;
    },
    ...(row === kind.rows.at(-1) && { look: lookInto(kind) }),
  };
}

function lookInto(kind: Kind): NonNullable<Format["look"]> {
  return async (source, head, signal) => {
    if (!kind.magic(head) && !(await kind.isAtEnd?.(source, signal))) return null;
    const files = withoutSharedFolder(await kind.names(source, signal));
    const row = kind.rows.find((each) => each.holds(files)) as Row;
    const { shows } = row;
    const shown = shows ? files.filter((file) => shows.test(file)) : [];
    const names = shown
      .slice(0, MAX_SHOWN)
      .map((name) => (name.length > 60 ? `${name.slice(0, 60)}…` : name));
    const more = shown.length > MAX_SHOWN ? ` and ${shown.length - MAX_SHOWN} more` : "";
    const title = names.length > 0 ? `${row.title} (${names.join(", ")}${more})` : row.title;
    return { ...formatOf(row, kind), title };
  };
}

/** Some writers put all files into one folder, whose name means nothing. */
function withoutSharedFolder(files: readonly string[]): readonly string[] {
  const first = files[0] ?? "";
  const folder = first.slice(0, first.indexOf("/") + 1);
  return folder !== "" && files.every((file) => file.startsWith(folder))
    ? files.map((file) => file.slice(folder.length))
    : files;
}
