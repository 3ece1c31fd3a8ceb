// docs/expose.md, its commands run in their order, as a person would in a shell.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { certificate } from "../serve/certificate.ts";

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

test("the commands of docs/expose.md run as they stand, over TLS and with the key that the first of them prints", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "bin"));
  const program = join(folder, "bin/modelyard");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, "bin/modelyard.js")}' "$@"\n`);
  chmodSync(program, 0o755);
  symlinkSync(join(ROOT, "examples"), join(folder, "examples"));
  const { cert, key } = certificate(folder, "localhost");
  renameSync(cert, join(folder, "cert.pem"));
  renameSync(key, join(folder, "key.pem"));

  const port = await freePort();
  const text = readFileSync(join(ROOT, "docs/expose.md"), "utf8");
  const lines = [...text.matchAll(/^ {4}((?:modelyard|curl) .*)$/gm)].map(([, line = ""]) => line);
  expect(lines.length).toBeGreaterThan(5);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    MODELYARD_DATA: join(folder, "data"),
  };
  const sh = (line: string) =>
    execFileSync("sh", ["-c", line], { cwd: folder, env, encoding: "utf8", stdio: "pipe" });
  for (const line of lines.map((each) => each.replace(":8080", `:${port}`))) {
    if (!line.startsWith("modelyard serve")) {
      const printed = sh(line);
      if (line === "modelyard keys create app") env.MODELYARD_API_KEY = printed.trim();
      if (line.startsWith("modelyard keys list")) expect(printed).toMatch(/prometheus/);
      if (line.includes("seven.png")) expect(JSON.parse(printed)[0].label).toBe("7");
      continue;
    }
    const [command = "", ...args] = line.split(" ");
    const { MODELYARD_API_KEY: _, ...bare } = env;
    const server = spawn(command, [...args, "--port", String(port)], {
      cwd: folder,
      env: bare,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => server.once("close", resolve));
    onTestFinished(async () => {
      server.kill("SIGTERM");
      await ended;
    });
    const ready = `curl --silent --fail --cacert cert.pem -H "Authorization: Bearer $MODELYARD_API_KEY" https://127.0.0.1:${port}/v2/models/mnist/ready`;
    await expect.poll(() => succeeds(() => sh(ready))).toBe(true);
  }
});

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
