// An HTTP server of one file that can be told to misbehave, and that remembers what it was asked for.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FileServer {
  readonly url: string;
  /** The Range header of each request, "" where there was none. */
  readonly ranges: string[];
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export async function serve(handler: Handler): Promise<FileServer> {
  const ranges: string[] = [];
  const server: Server = createServer((request, response) => {
    ranges.push(request.headers.range ?? "");
    handler(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ranges,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/**
 * What was sent before a connection breaks is lost unless the other side has taken it, which is in this process: it is given many
 * turns of the loop, and time for its writes to a disk. A time alone would pass while the whole process stands still.
 */
async function given(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((next) => setTimeout(next, 5));
}

/** Answers with a file, and with its ranges where they are asked for with the right validator. */
export function sendFile(bytes: Buffer, etag: string, cutAt?: number): Handler {
  return (request, response) => {
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const from = asked && request.headers["if-range"] === etag ? Number(asked[1]) : 0;
    if (from >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    const rest = bytes.subarray(from);
    const headers: Record<string, string> = { etag, "content-length": String(rest.length) };
    if (from > 0) headers["content-range"] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (cutAt === undefined) response.end(rest);
    else response.write(rest.subarray(0, cutAt), () => void given().then(() => response.destroy()));
  };
}
