export { type Encoded, Encoder } from "./encode.ts";
export { isNpy, readNpy } from "./npy.ts";
export { Cursor, type Payload, type Span } from "./protobuf.ts";
export { type Segment, type SkimPlan, type Sparse, skim, wholeBytes } from "./sparse.ts";
export { tarNames } from "./tar.ts";
export {
  hasZip,
  readZipDirectory,
  readZipEntry,
  type ZipEntry,
  zipEntryRange,
  zipEntrySource,
} from "./zip/index.ts";
