import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

export const ROOT = resolve(import.meta.dirname, "../..");
export const BIN = join(ROOT, "bin/modelyard.js");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program as a user does, and collects what it prints. */
export function modelyard(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = ROOT,
): Promise<Ended> {
  return new Promise((done, broken) => {
    const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...process.env, ...env } });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += String(chunk)));
    child.stderr.on("data", (chunk) => (stderr += String(chunk)));
    child.once("error", broken);
    child.once("close", (code) => done({ code, stdout, stderr }));
  });
}

export interface Served {
  readonly url: string;
  /** What it printed so far on both streams. */
  output(): string;
  /** Sends SIGTERM and waits; resolves to the exit code, or the signal that ended it. */
  stop(): Promise<number | string | null>;
}

/** Starts `serve` on a free port and waits for its address. Stopped when the test ends. */
export async function serve(
  folder: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Served> {
  const child = spawn(process.execPath, [BIN, "serve", folder, "--port", "0", ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  let text = "";
  const ended = new Promise<number | string | null>((done) =>
    child.once("close", (code, signal) => done(code ?? signal)),
  );
  const url = new Promise<string>((done, broken) => {
    const look = (chunk: unknown) => {
      text += String(chunk);
      const found = /http:\/\/[\d.]+:\d+/.exec(text);
      if (found) done(found[0]);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("close", (code) => broken(new Error(`serve ended with ${code}: ${text}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    return ended;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { url: await url, output: () => text, stop };
}

export async function untilReady(url: string, model: string, key?: string): Promise<void> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  // On a machine that is busy with other tests a process takes many times as long to start and to read.
  for (let tries = 0; tries < 900; tries++) {
    const response = await fetch(`${url}/v2/models/${encodeURIComponent(model)}/ready`, { headers });
    if (response.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  const listed = await fetch(`${url}/models`, { headers });
  throw new Error(`${model} did not become ready: ${(await listed.text()).slice(0, 2_000)}`);
}

/** A fresh folder that is removed when the test ends. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
