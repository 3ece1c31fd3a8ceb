import type { Socket } from "node:net";
import { fail } from "../../../base/errors/index.ts";

const signals = new WeakMap<Socket, AbortSignal>();

/**
 * A signal that is aborted when the client's connection closes. One a connection, not one a request: a request that
 * was answered has nothing left to abort, and the next one on the connection then costs nothing.
 */
export function connectionSignal(socket: Socket): AbortSignal {
  const known = signals.get(socket);
  if (known) return known;
  const controller = new AbortController();
  const abort = () => controller.abort(fail("ABORTED", {}));
  if (socket.destroyed) abort();
  else socket.once("close", abort);
  signals.set(socket, controller.signal);
  return controller.signal;
}
