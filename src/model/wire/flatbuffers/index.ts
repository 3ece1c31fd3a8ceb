export { FlatBytes } from "./bytes.ts";
export { type FlexValue, readFlexbuffer } from "./flexbuffers.ts";
export { type FlatRange, FlatTable, type FlatTables } from "./table.ts";
