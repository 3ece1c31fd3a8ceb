import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

export interface CommandModule {
  /** Declares arguments, options, an example and the action. The action resolves to the exit code. */
  define(command: Command, terminal: Terminal): void;
}

export interface CommandRow {
  readonly name: string;
  /** One line of `modelyard --help`. */
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command of the program: a file and a line. Only the one that is called is loaded. */
export const COMMANDS: readonly CommandRow[] = [
  { name: "pull", summary: "fetch a model into the cache or a folder", load: () => import("./pull.ts") },
  {
    name: "inspect",
    summary: "what a model wants and what its answers mean",
    load: () => import("./inspect.ts"),
  },
  {
    name: "convert",
    summary: "write a model again: simplified, newer, its weights outside",
    load: () => import("./convert.ts"),
  },
  {
    name: "compile",
    summary: "a model made ready for this machine: loads in milliseconds",
    load: () => import("./compile.ts"),
  },
  {
    name: "diff",
    summary: "what changed between two versions of a model",
    load: () => import("./diff.ts"),
  },
  { name: "run", summary: "one answer of a model", load: () => import("./run.ts") },
  {
    name: "serve",
    summary: "an API server and a page for a folder of models",
    load: () => import("./serve.ts"),
  },
  {
    name: "bench",
    summary: "latency and throughput of a model, here or behind a server",
    load: () => import("./bench.ts"),
  },
  {
    name: "tune",
    summary: "the cheapest variant of a model that is still right, measured",
    load: () => import("./tune.ts"),
  },
  {
    name: "new",
    summary: "a project: a model, its module, a test, a Dockerfile",
    load: () => import("./new.ts"),
  },
  { name: "predictions", summary: "what the server answered", load: () => import("./predictions.ts") },
  {
    name: "deploy",
    summary: "a Dockerfile or a compose.yaml for a folder of models",
    load: () => import("./deploy.ts"),
  },
  { name: "keys", summary: "who may ask a server", load: () => import("./keys.ts") },
  { name: "types", summary: "TypeScript types for exactly this model", load: () => import("./types.ts") },
  {
    name: "doctor",
    summary: "what this machine has, what is missing, how to add it",
    load: () => import("./doctor.ts"),
  },
];
