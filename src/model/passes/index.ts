export { fixDims } from "./fix-dims.ts";
export { layout } from "./layout/index.ts";
export type { Evaluate, Pass, PassContext, PassResult } from "./pass.ts";
export { MAX_ROUNDS, type PassesReport, type PassReport, type RunPassesOptions, runPasses } from "./run.ts";
export { SIMPLIFY } from "./simplify/index.ts";
export { NEWEST_OPSET, newestOpsetOf, upgradeTo } from "./upgrade/index.ts";
