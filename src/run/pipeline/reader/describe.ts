import { fail } from "../../../base/errors/index.ts";
import { digestOf, type OpenSibling } from "../../../base/node/index.ts";
import type { Runnable } from "../../convert/runnable.ts";
import { isOptimized } from "../../runtime/size.ts";
import { type OpenedModel, openAt } from "../open.ts";
import { packedFiles } from "../open-file.ts";
import { type Standing, watchBeside } from "./beside.ts";
import { keepDescription } from "./kept.ts";
import type { Description, ReaderAnswers, ReaderAsk } from "./messages.ts";

/**
 * Inputs and outputs of a model that is served. A card, a page and a check of every request go through all of them; models that
 * people trained have some hundred, those that carry the states of a language model.
 */
const MAX_ENDS = 10_000;

/** @param standing of the model's file, from before anything of it was read */
type Answer<T> = (ask: ReaderAsk, standing: Standing) => Promise<T>;
type Answering = { readonly [Kind in keyof ReaderAnswers]: Answer<ReaderAnswers[Kind]> };

/** What the reader's thread does for each kind of question. */
export const ANSWERS: Answering = {
  // Converting is asked for by itself: it may take long, and is given up in another way.
  read: (ask, standing) =>
    describeAndKeep(ask, standing, (opened) => (opened.model.toOnnx ? opened.kept() : opened.runnable())),
  convert: async (ask, standing) => {
    const { runnable } = await describeAndKeep(ask, standing, (opened) => opened.runnable());
    return runnable as Runnable;
  },
  packed: (ask) =>
    withModel(ask, async ({ sibling }) => {
      const source = await sibling(ask.name ?? "");
      if (!source) throw fail("FILE_NOT_FOUND", { path: `${ask.path}/${ask.name}` });
      return source.read(0, source.size);
    }),
};

type FindRunnable = (opened: OpenedModel) => Promise<Runnable | null>;

/** Reads a model, and keeps what it was read as for the next who asks. */
async function describeAndKeep(
  ask: ReaderAsk,
  standing: Standing,
  findRunnable: FindRunnable,
): Promise<Description> {
  const beside = watchBeside();
  const description = await withModel(
    ask,
    (opened, digest) => describeModel(opened, digest, findRunnable),
    beside.open,
  );
  const seen = await beside.seen();
  // What was only just fetched is hashed once more.
  const isSame = standing.isSame() || (await digestOf(ask.path).catch(() => null)) === description.digest;
  if (seen && isSame) await keepDescription(ask, description, seen);
  return description;
}

async function withModel<T>(
  { path, found, cache, digest }: ReaderAsk,
  use: (opened: OpenedModel, digest: () => Promise<string>) => Promise<T>,
  open?: OpenSibling,
) {
  let known = digest === undefined ? null : Promise.resolve(digest);
  // Once, and not of what cannot be read.
  const digestOnce = () => {
    known ??= digestOf(path);
    return known;
  };
  const opened = await openAt(path, found, { cache }, { digest: digestOnce, ...(open ? { open } : {}) });
  try {
    return await use(opened, digestOnce);
  } finally {
    await opened.close();
  }
}

/** @throws RUN_GRAPH_TOO_LARGE before what would be too much for whoever asked is handed over */
async function describeModel(
  opened: OpenedModel,
  digest: () => Promise<string>,
  findRunnable: FindRunnable,
): Promise<Description> {
  const { bytes, files, format, model, signature, contract, summary, task, file, warnings } = opened;
  const ends = signature.inputs.length + signature.outputs.length;
  if (ends > MAX_ENDS)
    throw fail("RUN_GRAPH_TOO_LARGE", { count: ends, parts: "inputs and outputs", limit: MAX_ENDS });
  const runnable = await findRunnable(opened);
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
