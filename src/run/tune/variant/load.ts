import { type LoadedModel, loadOpened, type OpenedModel, openSource } from "../../pipeline/index.ts";
import { openFile } from "../../pipeline/open-file.ts";
import { openArtefact } from "../../runtime/index.ts";
import type { Place, Serving } from "./messages.ts";

/** Loads the model that lies at a place; what it means, the original says. */
export async function loadPlace(
  { source, cache, model, artefact }: Place,
  serving?: Serving,
  device?: string,
): Promise<LoadedModel<OpenedModel>> {
  const options = cache === undefined ? {} : { cache };
  const original = await openSource(source, options);
  const changed = model === undefined ? null : await openFile(model, options);
  const opened = changed
    ? {
        ...original,
        runnable: changed.runnable,
        async close() {
          await changed.close();
          await original.close();
        },
      }
    : original;
  return loadOpened(opened, {
    ...(device === undefined ? {} : { device }),
    ...options,
    ...(artefact === undefined ? {} : { artefact: await openArtefact(artefact) }),
    serving: {
      ...(serving === undefined ? {} : { instances: serving.instances, threads: serving.threads }),
      ...(serving?.batch == null ? {} : { max_batch: serving.batch }),
    },
  });
}
