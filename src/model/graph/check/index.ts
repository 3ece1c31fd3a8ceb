export { checkModel } from "./check.ts";
export type { Finding, Severity } from "./finding.ts";
export { RULES } from "./table.ts";
