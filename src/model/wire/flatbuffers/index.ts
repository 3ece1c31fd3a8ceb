export { FlatBytes } from "./bytes.ts";
export { type FlatRange, FlatTable, type FlatTables } from "./table.ts";
