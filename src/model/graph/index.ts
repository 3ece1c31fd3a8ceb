export { countOperators, countParameters } from "./count.ts";
export type * from "./graph.ts";
export { signatureOf } from "./signature.ts";
export { constantsOf, graphsOf, graphsWithin, subgraphsOf } from "./walk.ts";
