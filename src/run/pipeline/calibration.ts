import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import { fileError } from "../../base/node/index.ts";
import type { Tensors } from "../../model/tensor/tensor.ts";
import type { Calibration, Sample } from "../convert/calibration.ts";
import { askedOf } from "../tasks/index.ts";
import { readFileInput } from "./file-input.ts";
import { type LoadedModel, loadOpened } from "./loaded.ts";
import type { OpenedModel } from "./open.ts";

/** Files of a folder, those of its folders included; more are not listed. A hundred or so is what ranges are learnt of. */
const MAX_FILES = 1_000_000;

/**
 * Real inputs for a model, from a folder of files as `run` takes them: pictures, sounds, texts, JSON with named tensors, .npy. What
 * the task makes of each is what the model is calibrated with. Hidden files are passed over.
 * @throws while it is read: FILE_*, CONVERT_CALIBRATION with the file that does not fit
 */
export function calibrationOf(opened: OpenedModel, folder: string): Pick<Calibration, "samples"> {
  return {
    async *samples(signal) {
      const files = await filesOf(folder);
      if (files.length === 0) return;
      const seen: Tensors[] = [];
      // The model stays open when the session is closed.
      const model = await loadOpened(
        { ...opened, close: async () => {} },
        { device: "cpu", watch: (feeds) => seen.push(feeds), ...(signal ? { signal } : {}) },
      );
      try {
        for (const file of files) {
          seen.length = 0;
          await tryFile(model, file, signal);
          for (const feeds of seen) yield { name: file, feeds } satisfies Sample;
        }
      } finally {
        await model.close();
      }
    },
  };
}

async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const where = at;
    const entries = await readdir(where, { withFileTypes: true }).catch((cause: unknown) => {
      throw fileError(where, cause);
    });
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const path = join(where, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else found.push(path);
      if (found.length + waiting.length > MAX_FILES) {
        const problem = `the folder holds more than ${MAX_FILES} files`;
        throw fail("CONVERT_CALIBRATION", { file: folder, problem }, { where: folder });
      }
    }
  }
  return found.sort();
}

/** Lets the task answer; what its session was given on the way is the sample. */
async function tryFile(model: LoadedModel, path: string, signal: AbortSignal | undefined): Promise<void> {
  const { inputs } = askedOf(model.opened.contract, model.signature);
  try {
    const input = await readFileInput(path, inputs);
    for await (const event of model.predict(input, signal)) {
      if (event.type === "answer") return;
    }
  } catch (error) {
    throw misfit(path, error);
  }
}

/** A file that could not be read is told of as such; one that holds something else, as one that does not fit. */
function misfit(path: string, error: unknown): unknown {
  if (!isModelyardError(error) || error.code.startsWith("FILE_") || OTHERS.has(error.code)) return error;
  return fail("CONVERT_CALIBRATION", { file: path, problem: error.message }, { where: path, cause: error });
}

const OTHERS: ReadonlySet<string> = new Set(["ABORTED", "RUN_WORKER_DIED", "RUN_MEMORY", "INTERNAL"]);
