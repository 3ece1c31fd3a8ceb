export { hasZip, readZipDirectory, type ZipEntry } from "./directory.ts";
export { readZipEntry, zipEntryRange, zipEntrySource } from "./entry.ts";
