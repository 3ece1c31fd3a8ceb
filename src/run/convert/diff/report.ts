/** What changed between two versions of a model. Lists are cut at MAX_LISTED; counts are of everything. */
export interface DiffReport {
  readonly a: DiffSide;
  readonly b: DiffSide;
  /** Whether nothing at all is different in what the models are: how a file holds it does not count. */
  readonly same: boolean;
  /** Names, types and shapes of what goes in and comes out. */
  readonly signature: readonly Changed[];
  /** Operator sets, IR version, producer, metadata and the like. */
  readonly header: readonly Changed[];
  readonly structure: StructureDiff;
  readonly weights: WeightsDiff;
  readonly answers: AnswersDiff;
}

export interface DiffSide {
  /** As it was asked for, and where it lies. */
  readonly source: string;
  readonly path: string;
  readonly bytes: number;
}

/** Something with a name that one side or both have; null where a side has none. */
export interface Changed {
  readonly what: string;
  readonly a: string | null;
  readonly b: string | null;
}

/** A node, as it can be found: by its own name and by the first value that it computes. */
export interface DiffNode {
  readonly op: string;
  readonly name: string;
  readonly output: string;
}

export interface StructureDiff {
  /** Nodes of each side without constants; `unchanged` is how many of them are the same on both. */
  readonly nodes: { readonly a: number; readonly b: number; readonly unchanged: number };
  readonly removed: Listed<DiffNode>;
  readonly added: Listed<DiffNode>;
  readonly changed: Listed<{
    readonly a: DiffNode;
    readonly b: DiffNode;
    readonly changes: readonly Changed[];
  }>;
}

export interface Listed<T> {
  readonly count: number;
  readonly list: readonly T[];
}

export interface WeightsDiff {
  /** Constant tensors that both sides have, and how many of those hold the same. */
  readonly compared: number;
  readonly same: number;
  readonly changed: Listed<WeightChange>;
  readonly removed: Listed<Weight>;
  readonly added: Listed<Weight>;
}

export interface Weight {
  readonly name: string;
  /** "float32[64,3,7,7]" */
  readonly type: string;
}

export interface WeightChange {
  readonly a: Weight;
  readonly b: Weight;
  /** How far the values are apart; null where their types or shapes cannot be compared. */
  readonly values: ValuesDiff | null;
}

/** How far two tensors are apart, value by value. */
export interface ValuesDiff {
  readonly count: number;
  readonly differing: number;
  /** Largest and mean |a − b|; of values that are finite in both. */
  readonly largest: number;
  readonly mean: number;
  /** Largest |a − b| over the largest |a|; null where a is all zeros. */
  readonly relative: number | null;
  /** Between the two as vectors: 1 where they point the same way; null where one of them is all zeros. */
  readonly cosine: number | null;
}

export interface AnswersDiff {
  /** Why the answers were not compared; null where they were. */
  readonly reason: string | null;
  /** Sets of inputs on which both were run, and whether somebody gave them. */
  readonly draws: number;
  readonly given: boolean;
  readonly outputs: readonly AnswerDiff[];
  /** What was run in another way than its file says, one clause each. */
  readonly notes: readonly string[];
}

export interface AnswerDiff {
  readonly name: string;
  /** Equal bit for bit. */
  readonly identical: boolean;
  readonly largest: number;
  readonly mean: number;
  /** "float32 became float64"; null where they could be compared value by value. */
  readonly misfit: string | null;
  /** Rows of scores, and in how many of them the same class is the best; null where they are no scores. */
  readonly top: { readonly rows: number; readonly agree: number } | null;
  /** Why it was not compared; null where it was. */
  readonly left: string | null;
}

/** Entries of a list; nobody reads more, and a file of a million nodes has as many. */
const MAX_LISTED = 1_000;

/** A list that counts on when it is full. */
export class Lister<T> {
  readonly list: T[] = [];
  count = 0;

  add(make: () => T): void {
    this.count++;
    if (this.list.length < MAX_LISTED) this.list.push(make());
  }

  get listed(): Listed<T> {
    return { count: this.count, list: this.list };
  }
}
