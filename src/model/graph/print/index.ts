export { attributeText } from "./attributes.ts";
export { type PrintDetails, printDetails } from "./details.ts";
export { modelLines, type PrintOptions, printModel } from "./print.ts";
export { shapeText, typeText } from "./types.ts";
