import type { Socket } from "node:net";
import { fail } from "../../../base/errors/index.ts";

/** On the socket itself: a weak map of all connections would be gone through by each of the collector's rounds. */
const SIGNAL = Symbol("connection signal");

interface Signalling extends Socket {
  [SIGNAL]?: AbortSignal;
}

/**
 * A signal that is aborted when the client's connection closes. One a connection, not one a request: a request that
 * was answered has nothing left to abort, and the next one on the connection then costs nothing.
 */
export function connectionSignal(socket: Signalling): AbortSignal {
  const known = socket[SIGNAL];
  if (known) return known;
  const controller = new AbortController();
  const abort = () => controller.abort(fail("ABORTED", {}));
  if (socket.destroyed) abort();
  else socket.once("close", abort);
  socket[SIGNAL] = controller.signal;
  return controller.signal;
}
