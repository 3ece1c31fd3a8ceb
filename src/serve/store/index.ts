export { dataFolder, hasDatabase } from "./folder.ts";
export { MAX_LIMIT, openStore, type StoreOptions } from "./open.ts";
export type { KeyRow, KeyStore, ModelRow, PredictionQuery, PredictionRow, Store } from "./store.ts";
