export { fileError, fileSource, openModelSource, openSibling } from "./file.ts";
