export { signatureOf } from "../graph/index.ts";
export { detectFolder, type FolderKind } from "./folders.ts";
export type { Format, FormatReader, FormatWriter, WriteOptions, WriteReport } from "./format.ts";
export { readTensorProto } from "./onnx/tensor.ts";
export { type MoreOutput, moreOutputs } from "./onnx/write/outputs.ts";
export { detectFormat, openModel } from "./open.ts";
export { FOREIGN_EXTENSIONS, FORMATS, MODEL_EXTENSIONS } from "./table.ts";
export { writableFormat, writeModel } from "./write.ts";
