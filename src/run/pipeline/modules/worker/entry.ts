import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { isModelyardError, toPlainError } from "../../../../base/errors/index.ts";
import type { Answered, Call, Loaded, Start, Thrown } from "./messages.ts";
import { isTyped, strip } from "./strip.ts";

type Callable = (input: unknown, context: unknown) => unknown;

const { url, fixed } = workerData as Start;

/** Node 22.15 has hooks in the thread itself; before it, they are another thread's. */
async function readTypes(): Promise<void> {
  if ("registerHooks" in nodeModule) {
    const { hooks } = await import("./hooks-here.ts");
    (nodeModule.registerHooks as (hooks: unknown) => void)(hooks);
    return;
  }
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  nodeModule.register(new URL(`./hooks.${extension}`, import.meta.url));
}

function plain(error: unknown): Thrown {
  const { message, stack } =
    error instanceof Error ? error : { message: String(error), stack: String(error) };
  const coded = isModelyardError(error) ? { coded: { ...toPlainError(error) } } : {};
  return { message, stack: stack ?? message, ...coded };
}

function held(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

async function answer(functions: ReadonlyMap<string, Callable>, call: Call): Promise<void> {
  const { id, name, input, context } = call;
  const reply = (part: Partial<Answered>) => parentPort?.postMessage({ id, held: held(), ...part });
  let value: unknown;
  try {
    value = await functions.get(name)?.(input, { ...fixed, ...context });
  } catch (error) {
    return reply({ thrown: plain(error) });
  }
  try {
    reply({ value });
  } catch (error) {
    reply({ unsendable: error instanceof Error ? error.message : String(error) });
  }
}

/** Node keeps to itself where in a file of JavaScript it stumbled: the stripper reads it, and says. */
async function placed(error: unknown): Promise<unknown> {
  if (!(error instanceof SyntaxError) || isTyped(url)) return error;
  const path = fileURLToPath(url);
  const [{ readFile }, transform] = await Promise.all([import("node:fs/promises"), import("oxc-transform")]);
  try {
    strip(transform, path, await readFile(path, "utf8"));
    return error;
  } catch (found) {
    return found;
  }
}

async function start(): Promise<void> {
  let loaded: Loaded;
  const functions = new Map<string, Callable>();
  try {
    // Places in stacks are then those of the file as it was written.
    process.setSourceMapsEnabled(true);
    await readTypes();
    const exported = Object.entries((await import(url)) as Record<string, unknown>);
    for (const [name, value] of exported)
      if (typeof value === "function") functions.set(name, value as Callable);
    const others = exported.map(([name]) => name).filter((name) => !functions.has(name));
    loaded = { functions: [...functions.keys()], others };
  } catch (error) {
    loaded = { thrown: plain(await placed(error)) };
  }
  parentPort?.postMessage(loaded);
  parentPort?.on("message", (call: Call) => void answer(functions, call));
}

await start();
