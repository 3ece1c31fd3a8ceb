import { fail } from "../../../base/errors/index.ts";
import type { PipelineFile, Reference, StepFile } from "./file.ts";

/** A value on its way: whole, or a part of it. */
export interface Wire {
  /** "input" or a step. */
  readonly from: string;
  readonly path: readonly string[];
  /** As it was written. */
  readonly reference: Reference;
}

/** One value, or several by name. */
export type Wires = Wire | ReadonlyMap<string, Wire>;

export interface PlannedStep {
  readonly name: string;
  readonly file: StepFile;
  readonly takes: Wires;
  /** Whether what it takes is a list, each entry of which it answers by itself. */
  readonly isEach: boolean;
  /** Steps that must have ended before it begins. */
  readonly needs: readonly string[];
}

/** A graph of steps, each behind all that it needs. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly output: Wires;
}

/**
 * Puts steps in the order in which they can be run.
 * @throws PIPELINE_REFERENCE, PIPELINE_CYCLE, naming the step
 */
export function planOf(file: PipelineFile): Plan {
  const names = Object.keys(file.steps);
  const known = new Set(["input", ...names]);
  const wire = (step: string, reference: Reference, where: string): Wire => {
    const [from = "", ...path] = reference.split(".");
    if (known.has(from)) return { from, path, reference };
    const details = { step, reference, known: [...known].join(", ") };
    throw fail("PIPELINE_REFERENCE", details, { where: `${where}, step ${step}` });
  };
  const wiresOf = (
    step: string,
    references: Reference | Readonly<Record<string, Reference>>,
    where: string,
  ) =>
    typeof references === "string"
      ? wire(step, references, where)
      : new Map(Object.entries(references).map(([name, each]) => [name, wire(step, each, where)]));
  const steps = Object.entries(file.steps).map(([name, step]): PlannedStep => {
    const takes = wiresOf(name, step.each ?? step.input ?? "input", step.where);
    const needs = [...new Set(allOf(takes).map(({ from }) => from))].filter((from) => from !== "input");
    return { name, file: step, takes, isEach: step.each !== undefined, needs };
  });
  const output = wiresOf("output", file.output ?? (names.at(-1) as string), "pipeline.yaml");
  return { steps: inOrder(steps), output };
}

export function allOf(wires: Wires): readonly Wire[] {
  return wires instanceof Map ? [...wires.values()] : [wires as Wire];
}

/** Kahn's algorithm: whoever waits for nobody comes next. */
function inOrder(steps: readonly PlannedStep[]): PlannedStep[] {
  const waits = new Map(steps.map((step) => [step.name, step.needs.length]));
  const followers = new Map<string, PlannedStep[]>();
  for (const step of steps) {
    for (const need of step.needs) followers.set(need, [...(followers.get(need) ?? []), step]);
  }
  const ordered = steps.filter(({ needs }) => needs.length === 0);
  for (let at = 0; at < ordered.length; at++) {
    for (const follower of followers.get((ordered[at] as PlannedStep).name) ?? []) {
      const left = (waits.get(follower.name) ?? 0) - 1;
      waits.set(follower.name, left);
      if (left === 0) ordered.push(follower);
    }
  }
  if (ordered.length === steps.length) return ordered;
  const done = new Set(ordered.map(({ name }) => name));
  const cycle = cycleOf(steps.filter(({ name }) => !done.has(name)));
  const [first] = cycle as [PlannedStep];
  const ring = [...cycle, first].map(({ name }) => name).join(" → ");
  throw fail("PIPELINE_CYCLE", { steps: ring }, { where: `${first.file.where}, step ${first.name}` });
}

/** Each of these waits for another of them: going back from one, a step is met twice. */
function cycleOf(stuck: readonly PlannedStep[]): PlannedStep[] {
  const byName = new Map(stuck.map((step) => [step.name, step]));
  const path: PlannedStep[] = [];
  let at = stuck[0] as PlannedStep;
  while (!path.includes(at)) {
    path.push(at);
    at = byName.get(at.needs.find((need) => byName.has(need)) ?? "") as PlannedStep;
  }
  return path.slice(path.indexOf(at)).reverse();
}
