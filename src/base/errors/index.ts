export { CATALOGUE, type ErrorCode } from "./catalogue.ts";
export {
  type Details,
  type ErrorRow,
  fromPlainError,
  type GrpcStatus,
  isModelyardError,
  isUnforeseen,
  ModelyardError,
  moduleStackOf,
  type PlainError,
  toPlainError,
} from "./error.ts";
export { fail, type Place } from "./fail.ts";
