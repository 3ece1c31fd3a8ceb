import type { OpenedArtefact, SessionOptions } from "../runtime/index.ts";
import type { KnownModel } from "./open.ts";
import { openOwn, type Place, type ResidentAs } from "./place.ts";
import type { SharedPlaces } from "./shared.ts";

/** The places that a model may share. */
export interface SharedWith {
  readonly places: SharedPlaces;
  /** Says which bytes it is of. */
  readonly source: string;
}

/**
 * Opens the session of a model, or shares one that is there.
 * @param artefact as openOwn has it
 * @throws as openOwn
 */
export function openPlace(
  opened: KnownModel,
  options: SessionOptions,
  artefact: OpenedArtefact | null,
  { resident, shared }: { resident?: ResidentAs; shared?: SharedWith },
): Promise<Place> {
  const pinned = opened.file.serving?.pinned ?? false;
  const open = () => openOwn(pinned, options, artefact, resident);
  if (!shared) return open();
  const { states, batch, device, instances, threads, isolation, queue, codec } = options;
  const manner = { states, batch, device, instances, threads, isolation, queue, pinned };
  return shared.places.open(shared.source, manner, codec, open);
}
