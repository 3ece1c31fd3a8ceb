/** How busy a host has been of late. Times are milliseconds of any clock that only goes forward. */
export interface Crowd {
  /** When it was last looked at, and how many requests there were: with an instance, or waiting. */
  at: number;
  requests: number;
  /** When the present period began, and for how long of it the host was crowded. */
  from: number;
  crowdedFor: number;
  /** When there were last more requests than a few. */
  busyAt: number;
}

/** A burst that is over sooner is not worth the loading of more instances. */
const PERIOD_MS = 1000;
/** The part of a period for which requests queued, from which the next are expected to queue too. */
const MOST = 0.75;
/**
 * Instances that nothing has needed for so long give their memory back. Loading them again takes about a second of the
 * processors that requests want, so that crowds some ten seconds apart find them still there.
 */
export const QUIET_MS = 60_000;

export function newCrowd(now: number): Crowd {
  return { at: now, requests: 0, from: now, crowdedFor: 0, busyAt: Number.NEGATIVE_INFINITY };
}

/**
 * Notes how many requests there are from now on. True at the end of a period for most of which there were at least as many
 * as processors: then a thread for each request leaves no processor idle and none waits for another, while
 * threads that share one request wait for each other at every operator.
 */
export function observe(crowd: Crowd, requests: number, processors: number, now: number): boolean {
  if (crowd.requests >= processors) crowd.crowdedFor += now - crowd.at;
  if (!areFew(crowd.requests, processors) || !areFew(requests, processors)) crowd.busyAt = now;
  crowd.at = now;
  crowd.requests = requests;
  const period = now - crowd.from;
  if (period < PERIOD_MS) return false;
  const isCrowded = crowd.crowdedFor >= MOST * period;
  crowd.from = now;
  crowd.crowdedFor = 0;
  return isCrowded;
}

/**
 * Whether requests are so few that each had better have all processors in turn: a run on all of them is seldom
 * more than half as many times faster. On two processors: whether there is only one.
 */
export function areFew(requests: number, processors: number): boolean {
  return requests <= Math.max(1, processors / 2);
}

/** Milliseconds that a host must stay as it is until it counts as quiet; 0 or less where it is. */
export function untilQuiet(crowd: Crowd, processors: number, now: number): number {
  return areFew(crowd.requests, processors) ? crowd.busyAt + QUIET_MS - now : QUIET_MS;
}

/**
 * Most of the free memory that further copies of a model may take: others grow too, and a copy takes more while it is
 * loaded than afterwards.
 */
const SHARE = 0.5;

/** Why `count` further copies of `bytes` each do not fit into the free memory; null where they do. */
export function whyTooLarge(count: number, bytes: number, free: number): string | null {
  if (count * bytes <= SHARE * free) return null;
  const mb = (amount: number) => `${Math.ceil(amount / 1e6)} MB`;
  return `${count} copies of up to ${mb(bytes)} are more than half of the ${mb(free)} of memory that are free`;
}
