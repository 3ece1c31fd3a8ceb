export { type PrintDetails, printDetails } from "./details.ts";
export { modelLines, type PrintOptions, printModel } from "./print.ts";
