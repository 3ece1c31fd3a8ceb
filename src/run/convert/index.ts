export { createEvaluate, type Evaluation } from "./evaluate.ts";
