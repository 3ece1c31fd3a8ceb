export { dataFolder } from "./folder.ts";
export { MAX_LIMIT, openStore, type StoreOptions } from "./open.ts";
export type { ModelRow, PredictionQuery, PredictionRow, Store } from "./store.ts";
