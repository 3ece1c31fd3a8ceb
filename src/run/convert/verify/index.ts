export { firstText } from "./text.ts";
export { verifyModels } from "./verify.ts";
