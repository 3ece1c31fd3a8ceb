export { type Tokens, tokenizerOf } from "./tokenizer.ts";
