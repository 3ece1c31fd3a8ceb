export { hasZip, readZipDirectory, type ZipEntry } from "./directory.ts";
export { MOST_UNPACKED, readZipEntry, zipEntryRange, zipEntrySource } from "./entry.ts";
