import type { Closeness, Tolerance } from "./compare.ts";
import type { AskOptions } from "./draws.ts";
import type { FirstDifference } from "./locate.ts";

export interface VerifyOptions extends AskOptions {
  /** @default DEFAULT_TOLERANCE */
  readonly tolerance?: Tolerance;
}

/** How one output came out, over all draws. */
export interface VerifiedOutput {
  readonly name: string;
  /** Equal bit for bit. */
  readonly identical: boolean;
  /** Largest |a − b|. */
  readonly largest: number;
  /** Where the tolerance is one of norms, how close they are. */
  readonly closeness?: Closeness;
  /**
   * Whether they agree only where the runtime computes node by node: both graphs then say the same, but the runtime rearranges
   * them in two ways, whose rounding a sensitive model (of few bits) does not forgive. Whoever runs the result gets other
   * answers than from the original: it is not verified.
   */
  readonly unoptimized: boolean;
  /** Whether all inputs got the same answer, so that comparing it says little. */
  readonly deaf: boolean;
  /** Why it was not compared; null where it was. */
  readonly left: string | null;
}

export interface VerifyReport {
  /** Whether the answers were compared and agree, as they are given to whoever runs the models. */
  readonly verified: boolean;
  /** Why they are not verified although no failure was found: not compared, or the same only node by node; else null. */
  readonly reason: string | null;
  /** What ran the original, where its format has a runtime of its own: "@litertjs/core 2.5.3". null: what runs the result. */
  readonly by: string | null;
  /** Sets of inputs on which both were run, and whether somebody gave them. */
  readonly draws: number;
  readonly given: boolean;
  readonly outputs: readonly VerifiedOutput[];
  readonly tolerance: Tolerance;
  readonly failure: VerifyFailure | null;
  /** What was run in another way than its file says, one clause each. */
  readonly notes: readonly string[];
}

export interface VerifyFailure {
  /** One clause: "output scores differs by up to 0.25". */
  readonly problem: string;
  /** null where no value in between was found to differ. */
  readonly first: FirstDifference | null;
  /** What the runtime says of the result, where it does not load it. */
  readonly refusal?: string;
}
