import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import { checkFile, fileError } from "../../base/node/index.ts";
import type { Tensor, TensorSpec, Tensors } from "../../model/tensor/tensor.ts";
import type { Calibration, Sample } from "../convert/calibration.ts";
import { askedOf, readNamedTensor, type TaskInput } from "../tasks/index.ts";
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
  const input = await inputOf(model, path);
  try {
    for await (const event of model.predict(input, signal)) {
      if (event.type === "answer") return;
    }
  } catch (error) {
    throw misfit(path, error);
  }
}

/** A file that could not be read is told of as such; one that holds something else, as one that does not fit. */
function misfit(path: string, error: unknown): unknown {
  if (!isModelyardError(error) || OTHERS.has(error.code)) return error;
  return fail("CONVERT_CALIBRATION", { file: path, problem: error.message }, { where: path, cause: error });
}

const OTHERS: ReadonlySet<string> = new Set(["ABORTED", "RUN_WORKER_DIED", "RUN_MEMORY", "INTERNAL"]);

function readNpy(spec: TensorSpec, bytes: Uint8Array, path: string): Tensor {
  try {
    return readNamedTensor(spec, bytes, path);
  } catch (error) {
    throw misfit(path, error);
  }
}

async function inputOf({ opened, signature }: LoadedModel, path: string): Promise<TaskInput> {
  const refuse = (cause: unknown) => {
    throw fileError(path, cause);
  };
  checkFile(path, await stat(path).catch(refuse));
  const bytes = await readFile(path).catch(refuse);
  const extension = extname(path).toLowerCase();
  if (extension === ".npy") {
    const { inputs } = askedOf(opened.contract, signature);
    const [only] = inputs;
    if (!only || inputs.length > 1) {
      const problem = `it holds one tensor, and the model takes ${inputs.length}: give JSON with all of them.`;
      throw fail("CONVERT_CALIBRATION", { file: path, problem }, { where: path });
    }
    return { kind: "tensors", tensors: { [only.name]: readNpy(only, bytes, path) } };
  }
  if (extension !== ".json") return { kind: "bytes", bytes, name: path };
  try {
    return { kind: "json", value: JSON.parse(bytes.toString("utf8")) };
  } catch (cause) {
    const problem = `it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw fail("CONVERT_CALIBRATION", { file: path, problem }, { where: path, cause });
  }
}
