import { fail } from "../../base/errors/index.ts";
import { type SessionOptions, sessionOver } from "../runtime/index.ts";
import type { Place } from "./place.ts";

/** One place, and how many have it. */
interface Shared {
  readonly opening: Promise<Place>;
  /** Of whoever opened it: what takes over speaks it too. */
  readonly codec: SessionOptions["codec"];
  users: number;
  /** Path of the artefact that is taking over, or has. */
  movedTo: string | null;
}

/** How a model is run, and whether it stays in memory: all but where its bytes are taken from and who is told of what. */
export type Manner = Pick<
  { [Key in keyof SessionOptions]?: SessionOptions[Key] | undefined },
  "states" | "batch" | "device" | "instances" | "threads" | "isolation" | "queue"
> & { readonly pinned: boolean };

/**
 * The places of a catalogue. A step of a pipeline is answered by the session of a model that is served beside it, or of another
 * step, where both are of the same file and run in the same way: weights are then in memory once, and their requests queue, and
 * are merged, together. A place is closed when the last who has it closes it.
 */
export class SharedPlaces {
  readonly #shared = new Map<string, Set<Shared>>();

  /**
   * A place that is there already, or another.
   * @param source says which bytes the model is of, and where they lie
   * @param codec of a protocol: who speaks one gets a place of its own, which others may share
   * @throws what `make` throws, to all who wait for it
   */
  async open(
    source: string,
    manner: Manner,
    codec: SessionOptions["codec"],
    make: () => Promise<Place>,
  ): Promise<Place> {
    const said = Object.entries(manner).filter(([, value]) => value !== undefined);
    const key = JSON.stringify([source, ...said.sort(([a], [b]) => (a < b ? -1 : 1))]);
    const there = this.#shared.get(key) ?? new Set();
    this.#shared.set(key, there);
    const [known] = codec === undefined ? there : [];
    const shared = known ?? { opening: make(), codec, users: 0, movedTo: null };
    there.add(shared);
    shared.users++;
    const leave = (): boolean => {
      shared.users--;
      if (shared.users > 0) return false;
      there.delete(shared);
      if (there.size === 0 && this.#shared.get(key) === there) this.#shared.delete(key);
      return true;
    };
    try {
      return handleOf(shared, await shared.opening, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }
}

/** @param leave whether nobody has it any more */
function handleOf(shared: Shared, place: Place, leave: () => boolean): Place {
  const { session } = place;
  /** Of this handle, and not answered yet. */
  const asked = new Set<Promise<unknown>>();
  const counted = <T>(ask: () => Promise<T>): Promise<T> => {
    // Others may go on.
    if (closing) return Promise.reject(fail("RUN_CLOSED", {}));
    const answer = ask();
    const settled = answer.then(
      () => void asked.delete(settled),
      () => void asked.delete(settled),
    );
    asked.add(settled);
    return answer;
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= leave() ? session.close() : Promise.all(asked).then(() => {});
    return closing;
  };
  const own = sessionOver(() => session, {
    run: (feeds, options) => counted(() => session.run(feeds, options)),
    exchange: (body, options) => counted(() => session.exchange(body, options)),
    close,
  });
  return {
    session: own,
    base: place.base,
    isLoaded: place.isLoaded,
    async move(options, artefact) {
      if (shared.movedTo === artefact.path) return;
      const before = shared.movedTo;
      shared.movedTo = artefact.path;
      try {
        const { codec: _, ...others } = options;
        await place.move({ ...others, ...(shared.codec ? { codec: shared.codec } : {}) }, artefact);
      } catch (error) {
        shared.movedTo = before;
        throw error;
      }
    },
  };
}
