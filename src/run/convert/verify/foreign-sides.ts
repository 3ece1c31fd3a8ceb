import type { Model } from "../../../model/graph/graph.ts";
import { type CarriedState, signatureOf } from "../../../model/graph/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import { openStream, type Session, type StateSpec } from "../../runtime/index.ts";
import { type FoundRuntime, openSource, type SourceSession } from "../source/session.ts";
import type { Answers } from "./compare-look.ts";
import type { Draw } from "./draws.ts";
import { openCompared, runOrRefuse, type VerifiedModel } from "./side.ts";

type Asked = readonly Pick<Draw, "feeds">[];
type Told = { readonly outputs: readonly Answers[] } | { readonly refusal: string };

/** A model in a runtime of its own and what it was converted to, each opened when it is asked. */
export interface Sides extends AsyncDisposable {
  /** The original, fresh; it is closed with all else. @throws FILE_*, ABORTED */
  openOriginal(): Promise<SourceSession | { refusal: string }>;
  /** What the original answers, one after the other in one stream. */
  askOriginal(asked: Asked, names: readonly string[], how: OriginalManner): Promise<Told>;
  /** What the result answers. */
  askResult(asked: Asked, names: readonly string[], how: ResultManner): Promise<Told>;
}

export interface OriginalManner {
  /** Which set of its runtime's. @default 0 */
  readonly kernels?: number;
  /** Values of its graph that are asked for beside outputs. */
  readonly more?: readonly string[];
}

export interface ResultManner {
  /** Whether the runtime may rearrange it. @default true */
  readonly optimize?: boolean;
  readonly more?: readonly string[];
}

export function openSides(
  original: Model,
  result: VerifiedModel,
  found: FoundRuntime,
  states: readonly CarriedState[],
  signal?: AbortSignal,
): Sides {
  const abort = signal ? { signal } : {};
  const kept = new Set(states.flatMap(({ input, output }) => [input, output]));
  let source: SourceSession | null = null;
  let shaping: Session | null = null;

  const openResult = ({ optimize = true, more = [] }: ResultManner) =>
    openCompared(
      result,
      more.map((name) => ({ name })),
      { optimize, ...abort },
    );

  /** The shapes that the result gives its outputs, to inputs of some shapes. */
  async function shapesFor(feeds: Tensors) {
    shaping ??= await openResult({});
    const names = shaping.signature.outputs.map(({ name }) => name).filter((name) => !kept.has(name));
    const ran = await runOrRefuse(withStates(shaping), feeds, names, signal);
    if ("refusal" in ran) return null;
    return new Map([...ran.outputs].map(([name, { shape }]) => [name, shape]));
  }

  const withStates = (session: Session): Pick<Session, "run"> =>
    states.length > 0
      ? openStream(
          session,
          states.map((state) => specOf(state, result.model)),
        )
      : session;

  async function open({ kernels = 0, more = [] }: OriginalManner) {
    await source?.close();
    source = null;
    const opened = await openSource(original, found, { kept, kernels, more, shapesFor, ...abort });
    if (!("refusal" in opened)) source = opened;
    return opened;
  }

  async function ask(session: Pick<Session, "run">, asked: Asked, names: readonly string[]): Promise<Told> {
    const outputs: Answers[] = [];
    for (const { feeds } of asked) {
      const ran = await runOrRefuse(session, feeds, names, signal);
      if ("refusal" in ran) return ran;
      outputs.push(ran.outputs);
    }
    return { outputs };
  }

  return {
    openOriginal: () => open({}),
    async askOriginal(asked, names, how) {
      const opened = await open(how);
      return "refusal" in opened ? opened : ask(opened, asked, names);
    },
    async askResult(asked, names, how) {
      const session = await openResult(how);
      try {
        return await ask(withStates(session), asked, names);
      } finally {
        await session.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await source?.close();
      await shaping?.close();
    },
  };
}

function specOf({ input, output, start = 0 }: CarriedState, model: Model): StateSpec {
  const shape = signatureOf(model).inputs.find(({ name }) => name === input)?.shape ?? [];
  return { input, output, start, shape: shape.map((dim) => (typeof dim === "number" ? dim : 1)) };
}
