export { refusedNode } from "./refused.ts";
export { firstText } from "./text.ts";
export { verifyModels } from "./verify.ts";
