export { compareDeclared } from "./compare.ts";
export { readDeclared } from "./declared.ts";
export { importConfigPbtxt } from "./import.ts";
export { parseConfigPbtxt } from "./parse.ts";
