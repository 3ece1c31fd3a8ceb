/** What a stream carries from one run to the next, as a converted model says it of itself. */
export interface CarriedState {
  /** Names of the input that takes it and of the output that gives the next one. */
  readonly input: string;
  readonly output: string;
  /** What fills the input before the first run. @default 0 */
  readonly start?: number;
}

/** Key of the metadata. Its text is JSON: a list of states. */
const KEY = "modelyard.states";
/** A model keeps some dozens; a list beyond this is no list of states. */
const MAX_STATES = 10_000;

export function writeStates(metadata: Map<string, string>, states: readonly CarriedState[]): void {
  if (states.length > 0) metadata.set(KEY, JSON.stringify(states));
}

/** The states that a model's metadata tells of; none where it tells of none, or says what cannot be. */
export function readStates(metadata: ReadonlyMap<string, string>): CarriedState[] {
  const text = metadata.get(KEY);
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list) || list.length > MAX_STATES || !list.every(isState)) return [];
    return list;
  } catch {
    // Another tool's text under this key is as good as none.
    return [];
  }
}

function isState(each: unknown): each is CarriedState {
  if (typeof each !== "object" || each === null) return false;
  const { input, output, start = 0 } = each as Partial<CarriedState>;
  return typeof input === "string" && typeof output === "string" && Number.isFinite(start);
}
