export { type Encoded, Encoder } from "./encode.ts";
export {
  FlatBytes,
  type FlatRange,
  FlatTable,
  type FlatTables,
  type FlexValue,
  readFlexbuffer,
} from "./flatbuffers/index.ts";
export { isNpy, readNpy } from "./npy.ts";
export { Cursor, type Payload, type Span, Spans } from "./protobuf.ts";
export { type Segment, type SkimPlan, type Sparse, skim, wholeBytes } from "./sparse.ts";
export {
  type Content,
  type Described,
  placeOf,
  type Range,
  storedTensor,
  type Unpacker,
  type UnpackerOf,
} from "./stored.ts";
export { tarNames } from "./tar.ts";
export {
  hasZip,
  MOST_UNPACKED,
  readZipDirectory,
  readZipEntry,
  type ZipEntry,
  zipEntryRange,
  zipEntrySource,
} from "./zip/index.ts";
