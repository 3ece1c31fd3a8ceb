import { execFileSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { emptyFolder } from "../cli/modelyard.ts";
import { certificate, datedCertificate } from "./certificate.ts";
import { startTestServer } from "./server.ts";

/** The status of an answer over TLS, and whose certificate it came with. Connections are not kept. */
function get(port: number): Promise<{ status: number; name: string }> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: "/v2/health/live", agent: false as const };
    request({ ...options, rejectUnauthorized: false }, (response) => {
      const { subject } = (response.socket as import("node:tls").TLSSocket).getPeerCertificate();
      response.resume();
      resolve({ status: response.statusCode ?? 0, name: String(subject.CN) });
    })
      .on("error", reject)
      .end();
  });
}

test("a server speaks https, and takes a renewed certificate without a restart; a bad one leaves the one before", async () => {
  const folder = emptyFolder();
  const tls = certificate(folder, "first");
  const next = certificate(folder, "second");
  const lines: string[] = [];
  const write = (details: object, message: string) =>
    void lines.push(`${message} ${JSON.stringify(details)}`);
  const log = { info: write, warn: write, error: write };
  const server = await startTestServer({ models: [], expose: { tls }, log });
  onTestFinished(() => server.close());
  expect(server.url).toMatch(/^https:/);
  expect(await get(server.port)).toMatchObject({ status: 200, name: "first" });

  copyFileSync(next.cert, tls.cert);
  await server.renewCertificate();
  expect(await get(server.port)).toMatchObject({ name: "first" });
  expect(lines.join("\n")).toContain("the one before stays");

  copyFileSync(next.key, tls.key);
  await server.renewCertificate();
  expect(await get(server.port)).toMatchObject({ status: 200, name: "second" });
});

test("a certificate that is not of its key, and files that are neither, are refused at the start", async () => {
  const folder = emptyFolder();
  const one = certificate(folder, "one");
  const two = certificate(folder, "two");
  const text = join(folder, "text.pem");
  writeFileSync(text, "this is a certificate, believe me");
  const chain = join(folder, "chain.pem");
  writeFileSync(chain, String(rootCertificates[0]));
  const refusal = (cert: string, key: string) =>
    startTestServer({ models: [], expose: { tls: { cert, key } } }).then(
      () => "started",
      (error: { code: string }) => error.code,
    );
  expect(await refusal(one.cert, two.key)).toBe("SERVE_TLS_PAIR");
  expect(await refusal(chain, one.key)).toBe("SERVE_TLS_PAIR");
  expect(await refusal(text, one.key)).toBe("SERVE_TLS_FILE");
  expect(await refusal(one.cert, text)).toBe("SERVE_TLS_FILE");
  expect(await refusal(one.key, one.cert)).toBe("SERVE_TLS_FILE");
  expect(await refusal(join(folder, "none.pem"), one.key)).toBe("FILE_NOT_FOUND");
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const locked = join(folder, "locked.pem");
  openssl("pkey", "-in", one.key, "-aes128", "-passout", "pass:hush", "-out", locked);
  await expect(
    startTestServer({ models: [], expose: { tls: { cert: one.cert, key: locked } } }),
  ).rejects.toMatchObject({ code: "SERVE_TLS_FILE", message: /locked by a passphrase/ });
  // It fits, and no client could speak with it.
  const [small, smallKey] = [join(folder, "small.pem"), join(folder, "small-key.pem")];
  openssl("genrsa", "-out", smallKey, "512");
  openssl("req", "-x509", "-key", smallKey, "-subj", "/CN=small", "-out", small);
  expect(await refusal(small, smallKey)).toBe("SERVE_TLS_REFUSED");
});

test.each([
  ["20200101000000Z", "20210101000000Z", /has expired/],
  ["20990101000000Z", "21000101000000Z", /is not valid yet/],
])("a certificate of %s to %s is served, and whoever runs the server is told", async (from, to, told) => {
  const folder = emptyFolder();
  const { key } = certificate(folder, "one");
  const cert = datedCertificate(folder, key, from, to);
  const lines: string[] = [];
  const log = { info() {}, warn: (_: object, message: string) => void lines.push(message), error() {} };
  const server = await startTestServer({ models: [], expose: { tls: { cert, key } }, log });
  onTestFinished(() => server.close());
  expect(lines).toEqual([expect.stringMatching(told)]);
  expect(await get(server.port)).toMatchObject({ status: 200, name: "dated" });
});
