/**
 * Folders that are a model in a format that is recognised but not read yet, or weights without a graph: each named as what it
 * is, with what can be done with it today.
 */
export interface FolderKind {
  readonly id: string;
  /** As part of a sentence: "{folder} is …". */
  readonly title: string;
  readonly advice: string;
  /** @param files names of the files right in the folder, of its folders with a `/` behind */
  fits(files: readonly string[]): boolean;
}

const some = (files: readonly string[], pattern: RegExp) => files.some((file) => pattern.test(file));

const OPTIMUM =
  "Export it to ONNX where Python is: `optimum-cli export onnx --model folder out`; many models of the hub have an onnx/ folder already.";

/** The first that fits is it, so the narrower stand before the wider. */
const KINDS: readonly FolderKind[] = [
  {
    id: "saved-model",
    title: "a SavedModel of TensorFlow",
    advice: "Convert it with tf2onnx: `python -m tf2onnx.convert --saved-model folder --output model.onnx`.",
    fits: (files) => some(files, /^saved_model\.pb(txt)?$/),
  },
  {
    id: "tfjs",
    title: "a TensorFlow.js model (model.json and its weights)",
    advice: "Convert it to a SavedModel with tensorflowjs_converter and that to ONNX with tf2onnx.",
    fits: (files) => files.includes("model.json") && some(files, /\.bin$/),
  },
  {
    id: "keras",
    title: "an unpacked Keras 3 model",
    advice:
      "Pack it again as .keras and export it where Keras is: `keras.models.load_model('model.keras').export('model.onnx', format='onnx')`.",
    fits: (files) => files.includes("config.json") && some(files, /^model\.weights\.(h5|json)$/),
  },
  {
    id: "diffusers",
    title: "a pipeline of Diffusers, of several models",
    advice: OPTIMUM,
    fits: (files) => files.includes("model_index.json"),
  },
  {
    id: "adapter",
    title: "an adapter (PEFT, LoRA): changes to another model's weights",
    advice:
      "Merge it into its model where PEFT is (`merge_and_unload()`), then export that: `optimum-cli export onnx`.",
    fits: (files) => files.includes("adapter_config.json"),
  },
  {
    id: "mlx",
    title: "weights for MLX, without a graph",
    advice:
      "They run on Apple's processors alone: export the original model to ONNX (`optimum-cli export onnx`).",
    fits: (files) => some(files, /^weights(\.\d+)?\.(npz|safetensors)$/) && files.includes("config.json"),
  },
  {
    id: "transformers",
    title: "a model of Hugging Face Transformers: weights and settings, without a graph",
    advice: OPTIMUM,
    fits: (files) =>
      files.includes("config.json") &&
      some(
        files,
        /\.safetensors$|^pytorch_model.*\.bin(\.index\.json)?$|^tf_model\.h5$|^flax_model\.msgpack$/,
      ),
  },
  {
    id: "openvino",
    title: "an OpenVINO model (.xml with .bin)",
    advice: "Give the ONNX file that it was made from.",
    fits: (files) => files.some((file) => /\.xml$/.test(file) && files.includes(file.replace(/xml$/, "bin"))),
  },
  {
    id: "paddle",
    title: "a PaddlePaddle model",
    advice: "Convert it with paddle2onnx: `paddle2onnx --model_dir folder --save_file model.onnx`.",
    fits: (files) => some(files, /\.pdmodel$|\.pdiparams$/),
  },
  {
    id: "coreml",
    title: "a Core ML model",
    advice: "It runs on Apple's systems alone: export the model that it was made from to ONNX.",
    fits: (files) =>
      (files.includes("Manifest.json") && files.includes("Data/")) || files.includes("coremldata.bin"),
  },
  {
    id: "mlflow",
    title: "a model of MLflow",
    advice:
      "Its file MLmodel names the library that wrote it: load it there and export it to ONNX (`mlflow.onnx.log_model` keeps one).",
    fits: (files) => files.includes("MLmodel"),
  },
  {
    id: "ncnn",
    title: "an ncnn model (.param with .bin)",
    advice: "Give the ONNX or PyTorch model that it was made from.",
    fits: (files) =>
      files.some((file) => /\.param$/.test(file) && files.includes(file.replace(/param$/, "bin"))),
  },
  {
    id: "caffe",
    title: "a Caffe model",
    advice: "Convert it with caffe2onnx, or take the same net from another library.",
    fits: (files) => some(files, /\.caffemodel$/),
  },
  {
    id: "darknet",
    title: "a Darknet model (.cfg with .weights)",
    advice: "Export it to ONNX with the PyTorch code of the same YOLO.",
    fits: (files) => some(files, /\.weights$/) && some(files, /\.cfg$/),
  },
  {
    id: "tf-checkpoint",
    title: "a checkpoint of TensorFlow: weights without a graph",
    advice:
      "Load it into the code of its model, save that as a SavedModel and convert it with tf2onnx (`python -m tf2onnx.convert --saved-model`).",
    fits: (files) => some(files, /\.index$/) && some(files, /\.data-\d+-of-\d+$/),
  },
  {
    id: "gguf",
    title: "a folder of GGUF files: weights and tokenizer of a language model for llama.cpp",
    advice: "They hold no graph; run them with llama.cpp, or export the original model to ONNX.",
    fits: (files) => some(files, /\.gguf$/),
  },
  {
    id: "safetensors",
    title: "a folder of safetensors files: weights without a graph",
    advice:
      "The weights alone cannot run: export the model with its code to ONNX (Optimum: `optimum-cli export onnx`).",
    fits: (files) => some(files, /\.safetensors$/),
  },
];

/** What a folder is by the names in it; null where it is no kind that is known. */
export function detectFolder(files: readonly string[]): FolderKind | null {
  return KINDS.find((kind) => kind.fits(files)) ?? null;
}
