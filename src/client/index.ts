export {
  type Client,
  type ClientOptions,
  createClient,
  type PredictInput,
  type Prediction,
  type PredictOptions,
} from "./client.ts";
export { ClientError } from "./error.ts";
export type {
  InferRequest,
  InferResponse,
  ModelDetail,
  ModelEntry,
  ModelInfo,
  ModelState,
  ProtocolTensor,
} from "./types.ts";
