// One measurement: wrk, one thread, POST bodies of a folder in turn.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const script = new URL("./post.lua", import.meta.url).pathname;

/**
 * @returns requests, micros, p50, p90, p99, max (microseconds) and failed (answers other than 2xx or 3xx,
 * broken connections, time-outs)
 */
export async function load({ url, path, folder, count, mediaType, connections, seconds }) {
  const { stdout } = await promisify(execFile)("wrk", [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--timeout",
    "10s",
    "-s",
    script,
    url,
    "--",
    folder,
    String(count),
    path,
    mediaType,
  ]);
  const line = /^RESULT (.*)$/m.exec(stdout);
  if (!line) throw new Error(`wrk said nothing that can be read:\n${stdout}`);
  const { connect, read, write, status, timeout, ...rest } = JSON.parse(line[1]);
  return { ...rest, failed: connect + read + write + status + timeout };
}
