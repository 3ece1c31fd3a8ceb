import type { Checked } from "./feeds.ts";
import { sameButRows } from "./rows.ts";

/** Feeds that may go to the model together with others'. */
export interface Mergeable {
  readonly feeds: Checked;
  /** 0 where the inputs share no leading dimension. */
  readonly rows: number;
  readonly bytes: number;
  readonly outputs: readonly string[];
  /** Not to be merged: so asked, or its batch has failed once. */
  readonly alone: boolean;
}

/** What goes to the model together, and the rows of all. */
export interface Merged<T extends Mergeable> {
  readonly requests: readonly T[];
  readonly rows: number;
}

/**
 * Requests take part in one batch while their values together stay below this: joining them copies at some gigabytes a
 * second, and the thread must not stop for more than a few milliseconds.
 */
export const MAX_BATCH_BYTES = 8 * 2 ** 20;
/** Requests that are looked at to fill one batch, so that a long queue of unlike requests costs little. */
const LOOK_AHEAD = 256;

/** Takes the first out of a list, with those behind it that may be merged with it, up to `maxRows` rows. */
export function takeMerged<T extends Mergeable>(
  waiting: T[],
  maxRows: number,
  isOfKind: (other: T) => boolean = () => true,
): Merged<T> | null {
  const first = waiting[0];
  if (first === undefined) return null;
  if (maxRows <= 1 || waiting.length === 1 || first.alone || first.rows === 0 || first.rows >= maxRows) {
    waiting.shift();
    return { requests: [first], rows: first.rows };
  }
  const requests = [first];
  let { rows, bytes } = first;
  let kept = 0;
  let at = 1;
  for (; at < waiting.length && at < LOOK_AHEAD && rows < maxRows; at++) {
    const other = waiting[at] as T;
    if (
      isOfKind(other) &&
      !other.alone &&
      other.rows > 0 &&
      rows + other.rows <= maxRows &&
      bytes + other.bytes <= MAX_BATCH_BYTES &&
      sameNames(first.outputs, other.outputs) &&
      sameButRows(first.feeds, other.feeds)
    ) {
      requests.push(other);
      rows += other.rows;
      bytes += other.bytes;
    } else {
      waiting[kept++] = other;
    }
  }
  waiting.splice(kept, at - kept);
  return { requests, rows };
}

/** In one order, too: a batch has one list of outputs. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}
