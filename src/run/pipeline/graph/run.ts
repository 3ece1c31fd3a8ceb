import { fail } from "../../../base/errors/index.ts";
import type { StepTime } from "../../tasks/index.ts";
import type { Plan, PlannedStep, Wire, Wires } from "./plan.ts";
import { inStep, type Runner, type StepStats } from "./step.ts";

/** Entries of a list that are answered at once: sessions merge what waits, and more would only hold memory. */
const AT_ONCE = 8;
/** Entries of one list in one request: as many pieces as are looked for in a picture. */
const MAX_EACH = 1_000;

export interface GraphAnswer {
  readonly value: unknown;
  readonly warnings: readonly string[];
  readonly steps: readonly StepTime[];
}

/** Options of tasks and functions, by step. */
export type OptionsByStep = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

export interface GraphOptions {
  readonly signal?: AbortSignal;
  readonly parameters?: OptionsByStep;
}

/** A plan with what stands behind its steps. */
export interface Graph {
  run(input: unknown, options?: GraphOptions): Promise<GraphAnswer>;
  stats(): readonly StepStats[];
}

/**
 * Runs every step as soon as what it needs is there, each timed. The first error ends the others.
 * @throws of `run`: what steps throw, with the step in `where`; PIPELINE_VALUE, PIPELINE_TOO_MANY
 */
export function openGraph({ steps, output }: Plan, runners: ReadonlyMap<string, Runner>): Graph {
  const counts = new Map(steps.map(({ name }) => [name, { step: name, runs: 0, failed: 0, seconds: 0 }]));

  async function run(input: unknown, { signal, parameters }: GraphOptions = {}): Promise<GraphAnswer> {
    const values = new Map<string, unknown>([["input", input]]);
    const warnings: string[] = [];
    const times: StepTime[] = [];
    const ending = new AbortController();
    const abort = () => ending.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    const one = async (step: PlannedStep): Promise<void> => {
      const begin = performance.now();
      const count = counts.get(step.name) as { runs: number; failed: number; seconds: number };
      try {
        if (ending.signal.aborted) throw fail("ABORTED", {});
        const given = gather(step.name, step.takes, values);
        const own = parameters?.get(step.name);
        const options = {
          signal: ending.signal,
          ...(own ? { parameters: own } : {}),
        };
        const runner = runners.get(step.name) as Runner;
        if (step.isEach) {
          const answers = await mapEach(step.name, given, (entry) => runner.run(entry, options));
          values.set(
            step.name,
            answers.map(({ value }) => value),
          );
          for (const [i, answer] of answers.entries())
            for (const warning of answer.warnings) warnings.push(`${step.name}[${i}]: ${warning}`);
        } else {
          const answer = await runner.run(given, options);
          values.set(step.name, answer.value);
          for (const warning of answer.warnings) warnings.push(`${step.name}: ${warning}`);
        }
        const ms = performance.now() - begin;
        times.push({ step: step.name, ms });
        count.seconds += ms / 1e3;
      } catch (error) {
        count.failed++;
        throw inStep(step.name, error);
      } finally {
        count.runs++;
      }
    };
    const ended = new Map<string, Promise<void>>();
    try {
      for (const step of steps) {
        // Alone in its row, it need not wait for a turn of the loop.
        const needs = step.needs.map((need) => ended.get(need));
        ended.set(step.name, needs.length === 0 ? one(step) : Promise.all(needs).then(() => one(step)));
      }
      await Promise.all(ended.values());
      const value = gather("output", output, values);
      return { value, warnings, steps: times };
    } catch (error) {
      ending.abort(fail("ABORTED", {}));
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      // What the others still end with is nobody's business.
      for (const each of ended.values()) each.catch(() => {});
    }
  }

  return { run, stats: () => [...counts.values()].map((count) => ({ ...count })) };
}

function gather(step: string, wires: Wires, values: ReadonlyMap<string, unknown>): unknown {
  if (!(wires instanceof Map)) return follow(step, wires as Wire, values);
  return Object.fromEntries([...wires].map(([name, wire]) => [name, follow(step, wire, values)]));
}

function follow(
  step: string,
  { from, path, reference }: Wire,
  values: ReadonlyMap<string, unknown>,
): unknown {
  let value = values.get(from);
  for (const key of path) {
    const holds = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    if (!holds) {
      const details = { step, found: "nothing", place: `at ${reference}`, wanted: `a value called ${key}` };
      throw fail("PIPELINE_VALUE", details);
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Answers in the order of the entries; an error says which one it was. */
export async function mapEach<T>(
  step: string,
  list: unknown,
  answer: (entry: unknown) => Promise<T>,
): Promise<T[]> {
  if (!Array.isArray(list)) {
    const details = { step, found: list === null ? "null" : typeof list, place: "at each", wanted: "a list" };
    throw fail("PIPELINE_VALUE", details);
  }
  if (list.length > MAX_EACH) {
    throw fail("PIPELINE_TOO_MANY", { step, count: list.length, limit: MAX_EACH });
  }
  const answers = new Array<T>(list.length);
  let next = 0;
  let failed = false;
  const work = async () => {
    while (next < list.length && !failed) {
      const at = next++;
      try {
        answers[at] = await answer(list[at]);
      } catch (error) {
        failed = true;
        throw inStep(`${step}[${at}]`, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, list.length) }, work));
  return answers;
}
