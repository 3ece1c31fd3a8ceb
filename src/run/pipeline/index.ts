export type { Codec, CodecModel, CodecOrder, Question } from "../runtime/index.ts";
export { calibrationOf } from "./calibration.ts";
export type {
  Catalogue,
  Lease,
  ModelCard,
  ModelId,
  ModelState,
  ModelStatus,
  SpokenModel,
} from "./catalogue.ts";
export { deviceText, whereText } from "./device.ts";
export { readFileInput } from "./file-input.ts";
export { type CatalogueOptions, type FolderCatalogue, openCatalogue } from "./folder-catalogue.ts";
export { findPipeline, type LoadPipelineOptions, loadPipeline } from "./graph/load.ts";
export { each, type Pipe, type PipeContext, type PipeStep, pipe } from "./graph/pipe.ts";
export type { LoadedPipeline } from "./graph/pipeline.ts";
export { inputOf } from "./graph/value.ts";
export { type LoadedModel, type LoadOptions, loadOpened } from "./loaded.ts";
export { type OpenedModel, openSource } from "./open.ts";
