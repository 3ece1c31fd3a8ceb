import type { IncomingMessage } from "node:http";
import { fail } from "../../../base/errors/index.ts";

/** How much of bodies the server holds at this moment, against its bounds (see Limits). */
export interface BodyBudget {
  readonly bodyBytes: number;
  readonly bufferedBytes: number;
  held: number;
}

/** A body together with the part of the budget that it holds until `release`. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads the whole body of a request, whatever its content type says. Too large a body is refused by its
 * Content-Length before a byte of it is read, or else at the byte that is one too many; the rest is thrown away as it
 * arrives, so that the client is there to read the answer.
 *
 * @throws SERVE_BODY_TOO_LARGE, SERVE_BODY_ENCODING, SERVE_BODIES_FULL, SERVE_BODY_CUT
 */
export function readBody(request: IncomingMessage, budget: BodyBudget): Promise<Body> {
  return new Promise((resolve, reject) => {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      return reject(fail("SERVE_BODY_ENCODING", { encoding }));
    }
    const announced = Number(request.headers["content-length"] ?? 0);
    if (announced > budget.bodyBytes)
      return reject(fail("SERVE_BODY_TOO_LARGE", { limit: budget.bodyBytes }));

    let buffer: Buffer = EMPTY;
    let length = 0;
    let held = 0;
    let done = false;
    const release = () => {
      budget.held -= held;
      held = 0;
    };
    const refuse = (error: Error) => {
      if (done) return;
      done = true;
      buffer = EMPTY;
      release();
      reject(error);
    };
    request.on("data", (chunk: Buffer) => {
      if (done) return;
      const needed = length + chunk.length;
      if (needed > budget.bodyBytes) return refuse(fail("SERVE_BODY_TOO_LARGE", { limit: budget.bodyBytes }));
      // Small bodies come in one piece, which is kept as it is. Others are copied together at once: one chunk can be
      // one byte, and a list of buffers would cost a hundred times the body.
      if (needed > buffer.length) {
        const capacity = length === 0 ? needed : Math.max(needed, Math.min(2 * needed, budget.bodyBytes));
        if (budget.held + capacity - held > budget.bufferedBytes) {
          return refuse(fail("SERVE_BODIES_FULL", { limit: budget.bufferedBytes }));
        }
        budget.held += capacity - held;
        held = capacity;
        const grown = length === 0 ? chunk : Buffer.allocUnsafeSlow(capacity);
        if (length > 0) buffer.copy(grown, 0, 0, length);
        buffer = grown;
      }
      if (buffer !== chunk) chunk.copy(buffer, length);
      length = needed;
    });
    request.on("end", () => {
      if (done) return;
      done = true;
      resolve({ bytes: length === buffer.length ? buffer : buffer.subarray(0, length), release });
    });
    // Every request closes: the error, with its stack, is made only where it is one.
    request.on("close", () => {
      if (!done) refuse(fail("SERVE_BODY_CUT", {}));
    });
    // An "error" always comes with "close", which answers it.
    request.on("error", () => {});
  });
}
