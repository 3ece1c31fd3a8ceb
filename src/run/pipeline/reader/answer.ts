import { digestOf } from "../../../base/node/digest.ts";
import { Standing } from "./beside.ts";
import { findDescription } from "./kept.ts";
import type { ReaderAsk } from "./messages.ts";

/** Answers from what is kept, where it is; all that reads models is loaded with the first that must be read. */
export async function answerOf(ask: ReaderAsk): Promise<unknown> {
  const standing = new Standing(ask.path);
  let { digest } = ask;
  if (ask.kind === "read" && standing.isFile) {
    // What cannot be read says so below.
    digest ??= await digestOf(ask.path).catch(() => undefined);
    const known = digest === undefined ? null : await findDescription(ask, digest);
    if (known) return known;
  }
  const { ANSWERS } = await import("./describe.ts");
  return ANSWERS[ask.kind]({ ...ask, ...(digest === undefined ? {} : { digest }) }, standing);
}
