import { fail } from "../../../base/errors/index.ts";
import { digestOf } from "../../../base/node/index.ts";
import { isOptimized } from "../../runtime/size.ts";
import { type OpenedModel, openAt } from "../open.ts";
import { packedFiles } from "../open-file.ts";
import type { Description, ReaderAnswers, ReaderAsk } from "./messages.ts";

/**
 * Inputs and outputs of a model that is served. A card, a page and a check of every request go through all of them; models that
 * people trained have some hundred, those that carry the states of a language model.
 */
const MAX_ENDS = 10_000;

type Answering = { readonly [Kind in keyof ReaderAnswers]: (ask: ReaderAsk) => Promise<ReaderAnswers[Kind]> };

/** What the reader's thread does for each kind of question. */
export const ANSWERS: Answering = {
  read: (ask) => withModel(ask, describeModel),
  convert: (ask) => withModel(ask, (opened) => opened.runnable()),
  packed: (ask) =>
    withModel(ask, async ({ sibling }) => {
      const source = await sibling(ask.name ?? "");
      if (!source) throw fail("FILE_NOT_FOUND", { path: `${ask.path}/${ask.name}` });
      return source.read(0, source.size);
    }),
};

async function withModel<T>(
  { path, found, cache, digest }: ReaderAsk,
  use: (opened: OpenedModel, digest: () => Promise<string>) => Promise<T>,
) {
  let known = digest === undefined ? null : Promise.resolve(digest);
  // Once, and not of what cannot be read.
  const digestOnce = () => {
    known ??= digestOf(path);
    return known;
  };
  const opened = await openAt(path, found, { cache }, digestOnce);
  try {
    return await use(opened, digestOnce);
  } finally {
    await opened.close();
  }
}

/** @throws RUN_GRAPH_TOO_LARGE before what would be too much for whoever asked is handed over */
async function describeModel(opened: OpenedModel, digest: () => Promise<string>): Promise<Description> {
  const { bytes, files, format, model, signature, contract, summary, task, file, warnings } = opened;
  const ends = signature.inputs.length + signature.outputs.length;
  if (ends > MAX_ENDS)
    throw fail("RUN_GRAPH_TOO_LARGE", { count: ends, parts: "inputs and outputs", limit: MAX_ENDS });
  // Converting is asked for by itself: it may take long, and is given up in another way.
  const runnable = model.toOnnx ? await opened.kept() : await opened.runnable();
  if (runnable) isOptimized(runnable.size);
  return {
    bytes,
    files,
    format,
    signature,
    contract,
    summary,
    task: task.id,
    file,
    warnings,
    words: await opened.words(),
    digest: await digest(),
    runnable,
    packed: [...packedFiles(model).keys()],
  };
}
