// Who may ask a server: keys, scopes, revoking, guessing; and what is open to everybody.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeKey, type Scope } from "../../src/serve/server/access/key.ts";
import type { ServerLog } from "../../src/serve/server/log.ts";
import { openStore } from "../../src/serve/store/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { fixtureModel } from "./catalogue.ts";
import { ask, type Reply, startTestServer, type TestServer } from "./server.ts";

const OWN = "0123456789abcdefghij-own-key";

/** A server over a database of its own, what it logs, and a hand that makes keys in that database. */
async function guarded(expose: object = {}) {
  const folder = emptyFolder();
  const store = await openStore({ folder });
  const lines: string[] = [];
  const write = (details: object, message: string) =>
    void lines.push(JSON.stringify({ ...details, message }));
  const log: ServerLog = { info: write, warn: write, error: write };
  const server = await startTestServer({
    models: [fixtureModel("identity-int8")],
    store,
    log,
    expose: { keys: store, ...expose },
  });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= server.close();
    return closing;
  };
  onTestFinished(async () => {
    await close();
    await store.close();
  });
  const make = async (...scopes: Scope[]) => {
    const { key, row } = makeKey("a test", scopes, Date.now());
    await store.addKey(row);
    return { key, id: row.id };
  };
  return { folder, store, lines, server: { ...server, close }, make };
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const MODELS = "/models";

function get({ url }: TestServer, path: string, key?: string): Promise<Reply> {
  return ask(url + path, key === undefined ? {} : bearer(key));
}

test("a server without keys answers everybody, and from the first key on those who have one", async () => {
  const { server, make } = await guarded();
  expect((await get(server, MODELS)).status).toBe(200);
  const { key } = await make("infer");
  expect((await get(server, MODELS, key)).status).toBe(200);
  await expect.poll(async () => (await get(server, MODELS)).status).toBe(401);
});

test("every operation but those of health and the API's description asks for a key of its scope", async () => {
  const { server, make } = await guarded({ apiKey: OWN });
  const infer = (await make("infer")).key;
  const admin = (await make("admin")).key;
  const { json } = await ask(`${server.url}/openapi.json`);
  const asked: string[] = [];
  const open: string[] = [];
  for (const [path, methods] of Object.entries(json.paths as Record<string, Record<string, object>>)) {
    for (const [method, operation] of Object.entries(methods)) {
      const url = server.url + path.replace("{model}", "identity-int8").replace("{version}", "1");
      const call = (key?: string) =>
        ask(url, {
          method: method.toUpperCase(),
          ...(method === "post" && { body: "{}" }),
          ...(key !== undefined && bearer(key)),
        });
      const bare = await call();
      const [wanted] = (operation as { security?: { key?: Scope[] }[] }).security ?? [];
      if (wanted === undefined) {
        open.push(path);
        expect(bare.status, path).toBe(200);
        continue;
      }
      const scope = wanted.key?.[0];
      asked.push(path);
      expect(bare.status, `${method} ${path}`).toBe(401);
      expect(bare.json.code).toBe("KEY_MISSING");
      expect(bare.headers.get("www-authenticate")).toBe('Bearer realm="modelyard"');
      const wrong = await call(scope === "admin" ? infer : admin);
      expect(wrong.status, `${method} ${path}`).toBe(403);
      expect(wrong.json.code).toBe("KEY_SCOPE");
      expect(wrong.headers.get("www-authenticate")).toContain(`error="insufficient_scope", scope="${scope}"`);
      for (const key of [scope === "admin" ? admin : infer, OWN]) {
        expect([401, 403, 429], `${method} ${path}`).not.toContain((await call(key)).status);
      }
    }
  }
  expect(open.sort()).toEqual(["/openapi.json", "/v2/health/live", "/v2/health/ready"]);
  expect(asked.length).toBeGreaterThan(14);
  expect(asked).toContain("/metrics");
  // What there is none of is not told to strangers either.
  expect((await ask(`${server.url}/nothing`, { method: "DELETE" })).status).toBe(401);
  expect((await ask(`${server.url}/nothing`, { method: "DELETE", ...bearer(infer) })).status).toBe(404);
  // Nor is anybody without a key told which methods an address takes.
  const other = await ask(`${server.url}/models/mnist`, { method: "DELETE" });
  expect([other.status, other.headers.get("allow")]).toEqual([401, null]);
  expect((await ask(`${server.url}/models/mnist`, { method: "DELETE", ...bearer(infer) })).status).toBe(405);
});

test("the page and the description of the API come without a key, since they ask for it", async () => {
  const web = emptyFolder();
  writeFileSync(join(web, "index.html"), "<p>the page</p>");
  const store = await openStore({ folder: emptyFolder() });
  const server = await startTestServer({ models: [], web, expose: { keys: store, apiKey: OWN } });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  expect((await get(server, "/")).text).toBe("<p>the page</p>");
  expect((await get(server, "/docs/")).status).toBe(200);
  expect((await get(server, MODELS)).status).toBe(401);
});

test("a revoked key, one with a wrong secret and one of another server are refused, and told apart only to its owner", async () => {
  const { server, store, make } = await guarded({ apiKey: OWN });
  const { key, id } = await make("infer");
  expect((await get(server, MODELS, key)).status).toBe(200);
  const forged = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`;
  const elsewhere = makeKey("elsewhere", ["infer"], 0).key;
  for (const wrong of [forged, elsewhere, "mdy_", "x", "mdy___proto___", `mdy_${id}_`, "ä"]) {
    const refused = await ask(`${server.url}${MODELS}`, { headers: { authorization: `bearer ${wrong}` } });
    expect(refused.status, wrong).toBe(401);
    expect(refused.json.code).toBe("KEY_UNKNOWN");
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
  }
  for (const header of ["", "Bearer", "Bearer ", `Basic ${key}`, key, `Bearer ${key} ${key}`]) {
    const refused = await ask(`${server.url}${MODELS}`, { headers: { authorization: header } });
    expect([refused.status, refused.json.code], header).toEqual([401, "KEY_MISSING"]);
  }
  await store.revokeKey(id, Date.now());
  const code = async () => (await get(server, MODELS, key)).json.code;
  await expect.poll(code).toBe("KEY_REVOKED");
});

test("where the last key is revoked the door stays shut", async () => {
  const { server, store, make } = await guarded();
  const { id } = await make("infer");
  await store.revokeKey(id, Date.now());
  await expect.poll(async () => (await get(server, MODELS)).status).toBe(401);
});

test("whoever guesses waits, as does a key that a person thought of; a key that was made goes on", async () => {
  const { server, lines, make } = await guarded({ apiKey: OWN });
  const { key } = await make("infer");
  for (const each of [OWN, key]) expect((await get(server, MODELS, each)).status).toBe(200);
  let refused = await get(server, MODELS, "guess");
  for (let n = 0; refused.status === 401 && n < 100; n++)
    refused = await get(server, MODELS, `guess ${n}`.replace(" ", "-"));
  expect([refused.status, refused.json.code]).toEqual([429, "KEY_GUESSES"]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  // The address in a header is not believed.
  const pretended = { ...bearer("guess").headers, "x-forwarded-for": "192.0.2.7" };
  expect((await ask(`${server.url}${MODELS}`, { headers: pretended })).status).toBe(429);
  expect((await get(server, MODELS, OWN)).status).toBe(429);
  expect((await get(server, MODELS, key)).status).toBe(200);
  expect((await get(server, "/v2/health/ready")).status).toBe(200);
  expect(lines.join("\n")).toContain("too many wrong keys");
});

test("behind a proxy that is trusted each client is counted for itself", async () => {
  const { server } = await guarded({ apiKey: OWN, proxies: ["127.0.0.1/32"] });
  const from = (address: string, key: string) =>
    ask(`${server.url}${MODELS}`, { headers: { ...bearer(key).headers, "x-forwarded-for": address } });
  let refused = await from("192.0.2.7", "guess");
  for (let n = 0; refused.status === 401 && n < 100; n++) refused = await from("192.0.2.7", `guess-${n}`);
  expect(refused.status).toBe(429);
  expect((await from("192.0.2.8", OWN)).status).toBe(200);
});

test.each(["no", "10.0.0.0/33", "::1/129", "10.0.0.0/8/8", "10.0.0.0/-1", ""])(
  "%j is refused as the address of a proxy",
  async (text) => {
    await expect(startTestServer({ models: [], expose: { proxies: [text] } })).rejects.toMatchObject({
      code: "SERVE_PROXY",
    });
  },
);

test.each(["", "short", "a key with spaces in it", "schlüssel-schlüssel"])(
  "%j is refused as MODELYARD_API_KEY",
  async (apiKey) => {
    const refused = startTestServer({ models: [], expose: { apiKey } });
    await expect(refused).rejects.toMatchObject({ code: "KEY_WEAK" });
    if (apiKey !== "") await expect(refused).rejects.not.toThrow(apiKey);
  },
);

test("beyond this machine nobody is served without a key, unless it is said", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "a.name"])
    await expect(startTestServer({ models: [], host }), host).rejects.toMatchObject({
      code: "SERVE_UNGUARDED",
      http: 403,
    });
  const open = await startTestServer({ models: [], host: "0.0.0.0", expose: { insecure: true } });
  const kept = await startTestServer({ models: [], host: "0.0.0.0", expose: { apiKey: OWN } });
  onTestFinished(async () => {
    await open.close();
    await kept.close();
  });
  expect((await ask(`http://127.0.0.1:${open.port}/models`)).status).toBe(200);
  expect((await ask(`http://127.0.0.1:${kept.port}/models`)).status).toBe(401);
});

test("a secret stands in no log, no answer, no metric and no file, and its use is noted", async () => {
  const { folder, server, store, lines, make } = await guarded({ apiKey: OWN });
  const { key, id } = await make("infer", "admin");
  const secret = key.slice(`mdy_${id}_`.length);
  const answers: string[] = [];
  for (const each of [key, OWN, `${key}x`, `${key.slice(0, -4)}AAAA`]) {
    for (const path of [MODELS, "/metrics", "/nothing", "/models/none", "/models/identity-int8"])
      answers.push(
        JSON.stringify([...(await get(server, path, each)).headers]) + (await get(server, path, each)).text,
      );
    const body = { method: "POST", body: "{}", ...bearer(each) };
    answers.push((await ask(`${server.url}/v2/models/identity-int8/infer`, body)).text);
  }
  await server.close();
  await store.flush();
  const [row] = await store.keys();
  expect(row?.lastUsed).toBeGreaterThan(0);
  const files = ["modelyard.sqlite", "modelyard.sqlite-wal"].map((file) =>
    readFileSync(join(folder, file), "latin1"),
  );
  for (const text of [...answers, ...lines, ...files]) {
    expect(text).not.toContain(secret.slice(0, 20));
    expect(text).not.toContain(OWN);
  }
  expect(files.join("")).toContain(id);
});
