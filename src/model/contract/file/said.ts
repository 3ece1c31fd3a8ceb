import { fail } from "../../../base/errors/index.ts";
import type { Dim } from "../../tensor/tensor.ts";
import type { ModelFile } from "../contract.ts";
import type { Locate } from "./locate.ts";

/** model.yaml as it was read, and where its statements stand. */
export interface Source {
  readonly file: ModelFile;
  readonly locate: Locate;
}

/** What a person said of one input or output, beside the shape that the model gives it. */
export interface Said {
  /** Its path: inputs and a name, or outputs and a name. */
  readonly at: readonly string[];
  readonly tensor: string;
  /** Null where the model tells none. */
  readonly shape: readonly Dim[] | null;
  /** Whether model.yaml says this of it. */
  has(...path: (string | number)[]): boolean;
  /** The error that names this statement's line. */
  refuse(path: readonly (string | number)[], problem: string): Error;
}

/** @param file model.yaml alone */
export function saidOf(
  at: readonly string[],
  tensor: string,
  shapes: ReadonlyMap<string, readonly Dim[] | null>,
  { file, locate }: Source,
): Said {
  return {
    at,
    tensor,
    shape: shapes.get(tensor) ?? null,
    has: (...path) => isSaid(file, [...at, ...path]),
    refuse(path, problem) {
      const whole = [...at, ...path];
      const where = locate(whole);
      return fail("CONTRACT_MISFIT", { key: nameOf(whole), problem }, where ? { where } : {});
    },
  };
}

function isSaid(file: ModelFile, path: readonly (string | number)[]): boolean {
  let value: unknown = file;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value !== undefined;
}

/** As errors of single keys have it: `inputs.image.size[0]`. */
export function nameOf(path: readonly (string | number)[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");
}

export function shown(shape: readonly Dim[] | null): string {
  return `[${(shape ?? []).map((dim) => dim ?? "?").join(", ")}]`;
}
