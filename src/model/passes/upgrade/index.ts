export { readableIr } from "./ir.ts";
export { newestOpsetOf } from "./runnable.ts";
export { upgradeTo } from "./upgrade.ts";
export { NEWEST_OPSET } from "./versions.ts";
