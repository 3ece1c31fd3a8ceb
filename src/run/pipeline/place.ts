import { dirname, join } from "node:path";
import {
  type OpenedArtefact,
  openSession,
  type Residence,
  type Residency,
  type Session,
  type SessionOptions,
  swappable,
} from "../runtime/index.ts";

/** A session, and how it is opened anew from another file without a request lost. */
export interface Place {
  readonly session: Session;
  /** What answers: the same for all who share it. */
  readonly base: Session;
  /** Whether its weights are in memory. */
  isLoaded(): boolean;
  /** @throws what openSession throws; then the one before goes on */
  move(options: SessionOptions, artefact: OpenedArtefact): Promise<void>;
}

/** Who a model is among those that share a budget of memory. */
export interface ResidentAs {
  readonly residency: Residency;
  readonly name: string;
  /** Says which weights it has. */
  readonly source: string;
}

/**
 * Opens the session of a model: one that is loaded at once and stays, or, under a budget, one that comes and goes.
 * @param artefact that the options' path is the graph of; null: none
 * @throws what openSession throws; MODEL_OVER_BUDGET
 */
export async function openOwn(
  pinned: boolean,
  options: SessionOptions,
  artefact: OpenedArtefact | null,
  resident: ResidentAs | undefined,
): Promise<Place> {
  if (resident === undefined) {
    const session = swappable(await openSession(options));
    return {
      session,
      base: session,
      isLoaded: () => true,
      move: async (next) => session.swap(await openSession(next)),
    };
  }
  const { residency, name, source } = resident;
  const residence = (own: SessionOptions, from: OpenedArtefact | null): Residence => ({
    name,
    source,
    made: from === null ? "" : JSON.stringify(from.artefact.made),
    pinned,
    // Instances that come while requests queue are more than was measured.
    options: { ...own, instances: own.instances ?? 1 },
    weights: weightsOf(from),
  });
  const session = await residency.open(residence(options, artefact));
  return {
    session,
    base: session,
    isLoaded: () => session.isLoaded,
    move: (next, from) =>
      residency.reopen(session, residence({ ...next, batch: options.batch ?? "probe" }, from)),
  };
}

/** The file that is mapped into memory. */
function weightsOf(artefact: OpenedArtefact | null): string | null {
  const weights = artefact?.artefact.files[1];
  return artefact && weights ? join(dirname(artefact.path), weights.name) : null;
}
