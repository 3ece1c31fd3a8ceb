import { createHash, randomUUID } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, isModelyardError } from "../../../base/errors/index.ts";
import { makeFolder, writeError } from "../../../base/node/index.ts";
import { CPU } from "../providers/cpu.ts";
import { type GraphSize, isOptimized } from "../size.ts";
import { ARTEFACT_FILE, type Artefact, describeFile, type Measured, pageOf } from "./artefact.ts";
import { runCompiler } from "./child.ts";
import type { CompileOrder } from "./messages.ts";

export interface CompileOptions {
  /** The ONNX file; weights beside it are found by the runtime. */
  readonly path: string;
  /**
   * Says which model this is, so that an artefact is never taken for that of another one: the digest of the model's file, and
   * what else its weights lie in.
   */
  readonly source: string;
  /** Where the artefact goes; it may exist, and other files in it are left alone. */
  readonly folder: string;
  /** What is known of the graph; one too large to be optimised is refused. */
  readonly size?: GraphSize;
  /** Whether a copy in the runtime's own format lies beside it: model.ort. @default false */
  readonly ort?: boolean;
  /** Leaves the processors to others where they want them. @default false */
  readonly inBackground?: boolean;
  readonly signal?: AbortSignal;
}

/** Smaller constants stay in the graph: a page of memory each would cost more than it shares. */
const OUTSIDE_BYTES = 1024;
const GRAPH = "model.onnx";
const ORT = "model.ort";

/**
 * Lets the runtime optimise a model once, for this kind of processor, and keeps the result: a small graph, and its weights beside
 * it, laid out as the runtime's kernels want them, which is mapped into memory and shared by all that load it. Plain ONNX Runtime
 * opens it with graph optimisation disabled. The answers are compared with the model's own, bit for bit, before anything
 * appears in the folder.
 * @throws COMPILE_FAILED, COMPILE_TOO_LARGE, RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED, RUN_GRAPH_TOO_LARGE, FILE_UNWRITABLE,
 * FILE_DISK_FULL, ABORTED
 */
export async function compileModel(options: CompileOptions): Promise<Artefact> {
  const { path, source, folder, size, signal } = options;
  if (signal?.aborted) throw fail("ABORTED", {});
  if (size !== undefined && !isOptimized(size))
    throw fail("COMPILE_TOO_LARGE", { nodes: size.nodes }, { where: path });
  const staging = join(folder, `.modelyard-${randomUUID()}.part`);
  const weights = `model-${createHash("sha256").update(source).digest("hex").slice(0, 12)}.weights`;
  await makeFolder(staging);
  try {
    const measured = await runCompiler(orderFor(path, staging, weights, options.ort ?? false), options).catch(
      async (cause: unknown) => {
        throw (await diskError(folder, staging, cause)) ?? cause;
      },
    );
    return await putInPlace(staging, folder, { source, measured, weights });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Less than this left over, and a file that could not be written whole was too large for the disk. */
const FULL_BYTES = 2 ** 16;

/** The runtime says only that it could not write, or that what it wrote is cut off. */
async function diskError(folder: string, staging: string, cause: unknown) {
  const { bavail, bsize } = await statfs(folder);
  // A quota, or a limit of the size of files, is seen by whoever writes alone.
  const isRefused = cause instanceof Error && /failed to write external/i.test(cause.message);
  if (bavail * bsize > FULL_BYTES && !isRefused) return null;
  const sizes = (await readdir(staging)).map(async (name) => (await stat(join(staging, name))).size);
  const written = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  return fail("FILE_DISK_FULL", { path: folder, written }, { where: folder, cause });
}

function orderFor(path: string, folder: string, weights: string, wantsOrt: boolean): CompileOrder {
  // The number of threads changes nothing in what is written.
  const inside = {
    ...CPU.runtimeOptions({ threads: 1, optimized: true }),
    optimizedModelFilePath: join(folder, GRAPH),
  };
  const { session = {} } = (inside as { extra?: { session?: Record<string, unknown> } }).extra ?? {};
  const outside = {
    ...inside,
    extra: {
      session: {
        ...session,
        optimized_model_external_initializers_file_name: weights,
        optimized_model_external_initializers_min_size_in_bytes: String(OUTSIDE_BYTES),
        save_external_prepacked_constant_initializers: "1",
      },
    },
  };
  return {
    path,
    folder,
    graph: GRAPH,
    weights,
    // Of graphs whose branches hold weights, the runtime (1.30) writes two of one name when they go outside.
    optimizing: [outside, inside],
    loading: CPU.runtimeOptions({ threads: 1, optimized: false }),
    ort: wantsOrt
      ? {
          name: ORT,
          optimizing: {
            ...inside,
            // What suits one kind of processor is left out: such a file is made for others.
            graphOptimizationLevel: "extended",
            optimizedModelFilePath: join(folder, ORT),
            extra: { session: { ...session, x64quantprecision: "0", save_model_format: "ORT" } },
          },
        }
      : null,
  };
}

interface Finished {
  readonly source: string;
  readonly measured: Measured;
  readonly weights: string;
}

/**
 * Each file appears by a rename, whole and on the disk, and the page that says what they are comes last. Who reads between the
 * renames finds a graph that the old page does not describe, and takes the model itself.
 */
async function putInPlace(
  staging: string,
  folder: string,
  { source, measured, weights }: Finished,
): Promise<Artefact> {
  const made = await readdir(staging);
  const names = [GRAPH, ...[weights, ORT].filter((name) => made.includes(name))];
  const strange = made.filter((name) => !names.includes(name));
  if (strange.length > 0)
    throw fail("COMPILE_FAILED", { path: folder, problem: `the runtime wrote ${strange.join(", ")} too` });
  const before = await namesOf(folder);
  try {
    const files = [];
    for (const name of names) {
      await sync(join(staging, name));
      files.push(await describeFile(join(staging, name)));
    }
    const page = pageOf(source, files, measured);
    await writeFile(join(staging, ARTEFACT_FILE), `${JSON.stringify(page, null, 2)}\n`, { flush: true });
    for (const name of [...[...names].reverse(), ARTEFACT_FILE])
      await rename(join(staging, name), join(folder, name));
    // Weights of the artefact that stood here before; who has them mapped keeps them until it lets go.
    for (const name of before) if (!names.includes(name)) await rm(join(folder, name), { force: true });
    return page;
  } catch (cause) {
    throw isModelyardError(cause) ? cause : writeError(folder, 0, cause);
  }
}

/** Files of the artefact that stands in a folder now. */
async function namesOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, ARTEFACT_FILE), "utf8").catch(() => "{}");
  try {
    const { files = [] } = JSON.parse(text) as { files?: { name?: unknown }[] };
    return files
      .map(({ name }) => name)
      .filter(
        (name): name is string =>
          typeof name === "string" && /^model(-[0-9a-f]{12})?\.(onnx|weights|ort)$/.test(name),
      );
  } catch {
    // No artefact of ours: nothing of it is ours to remove.
    return [];
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
