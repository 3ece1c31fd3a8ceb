import type { Session } from "../../runtime/index.ts";
import { compareTensors, type Tolerance } from "./compare.ts";
import { type Answers, compareLook } from "./compare-look.ts";
import { type AskOptions, collectDraws, type Draw } from "./draws.ts";
import type { Compared, Look, Seen } from "./looks.ts";
import { type Manner, openCompared, refusalOf, runOrRefuse } from "./side.ts";

type Side = "original" | "result";

/** Answers of the original to inputs that it takes, and the values of it that could be read; or why there are none. */
export async function askOriginal(
  of: Compared,
  looks: readonly Look[],
  options: AskOptions,
): Promise<{ draws: Draw[]; readable: ReadonlySet<string> } | { reason: string }> {
  const { signal } = options;
  const opened = await open(of, "original", looks, { optimize: true, ...(signal ? { signal } : {}) });
  if ("refusal" in opened)
    return { reason: `the runtime cannot run ${of.names.original}: ${opened.refusal}` };
  const { session, readable } = opened;
  try {
    const names = namesOf(looks, "original").filter((name) => readable.has(name));
    const drawn = await collectDraws(of, session, names, options);
    return "reason" in drawn ? drawn : { draws: drawn.draws, readable };
  } finally {
    await closeUnlessAborted(session, signal);
  }
}

/** What is wrong with one side. */
interface Problem {
  readonly problem: string;
  /** What the runtime said, where it does not even load it. */
  readonly refusal?: string;
}

/** Answers of one side to inputs that are known; or what is wrong with it. */
export async function askAgain(
  of: Compared,
  side: Side,
  looks: readonly Look[],
  draws: readonly Draw[],
  manner: Manner,
): Promise<{ outputs: Answers[] } | Problem> {
  const opened = await open(of, side, looks, manner);
  if ("refusal" in opened) {
    const { refusal } = opened;
    return {
      problem: `the runtime runs ${of.names.original}, but not ${of.names[side]}: ${refusal}`,
      refusal,
    };
  }
  const { session, readable } = opened;
  try {
    const names = namesOf(looks, side).filter((name) => readable.has(name));
    const outputs: Answers[] = [];
    for (const { feeds } of draws) {
      const ran = await runOrRefuse(session, feeds, names, manner.signal);
      if ("refusal" in ran)
        return {
          problem: `${of.names.original} takes inputs that ${of.names[side]} does not: ${ran.refusal}`,
        };
      outputs.push(ran.outputs);
    }
    return { outputs };
  } finally {
    await closeUnlessAborted(session, manner.signal);
  }
}

async function open(
  of: Compared,
  side: Side,
  looks: readonly Look[],
  manner: Manner,
): Promise<{ session: Session; readable: ReadonlySet<string> } | { refusal: string }> {
  const added = addedTo(looks, side);
  for (const more of added.length > 0 ? [added, []] : [[]]) {
    try {
      const session = await openCompared(of[side], more, manner);
      return { session, readable: new Set(session.signature.outputs.map(({ name }) => name)) };
    } catch (error) {
      const refusal = refusalOf(error);
      // It may be what was added that it does not take.
      if (more.length === 0) return { refusal };
    }
  }
  return { refusal: "" };
}

/** Whoever gave up does not wait for a run that cannot be stopped. */
async function closeUnlessAborted(session: Session, signal?: AbortSignal): Promise<void> {
  const closing = session.close();
  if (!signal?.aborted) await closing;
}

function addedTo(looks: readonly Look[], side: Side) {
  const added = new Map<string, NonNullable<Seen["added"]>>();
  for (const { [side]: seen } of looks) if (seen.added) added.set(seen.name, seen.added);
  return [...added.values()];
}

function namesOf(looks: readonly Look[], side: Side): string[] {
  return [...new Set(looks.map((look) => look[side].name))];
}

/**
 * Outputs that differ, and of which the original gives another answer when it is asked twice: in one session, since its
 * random numbers begin anew with each.
 */
export async function differingFromItself(
  of: Compared,
  looks: readonly Look[],
  draws: readonly Draw[],
  answers: readonly Answers[],
  tolerance: Tolerance,
  manner: Manner,
): Promise<Set<string>> {
  const { signal } = manner;
  const random = new Set<string>();
  for (const [i, draw] of draws.entries()) {
    const differing = looks.filter((look) => !compareLook(look, draw, answers[i], tolerance).agrees);
    if (differing.every((look) => random.has(look.output))) continue;
    const session = await openCompared(of.original, addedTo(looks, "original"), manner);
    try {
      const names = namesOf(differing, "original");
      const first = await runOrRefuse(session, draw.feeds, names, signal);
      const second = await runOrRefuse(session, draw.feeds, names, signal);
      if ("refusal" in first || "refusal" in second) continue;
      for (const { output, original } of differing) {
        const [a, b] = [first.outputs.get(original.name), second.outputs.get(original.name)];
        if (a && b && !compareTensors(a, b, tolerance).agrees) random.add(output);
      }
    } finally {
      await closeUnlessAborted(session, signal);
    }
  }
  return random;
}
