// Pages of other origins: refused by the browser unless they are named.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, startTestServer, type TestServer } from "./server.ts";

const APP = "https://app.example";
const KEY = "0123456789abcdefghij";
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    models: [],
    expose: { cors: [APP, "http://localhost:5173"], apiKey: KEY },
  });
});
afterAll(() => server.close());

const preflight = (origin: string) => ({
  method: "OPTIONS",
  headers: {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  },
});

test("a preflight of a named origin is answered without a key, and so is what follows with one", async () => {
  for (const path of ["/models/any", "/v2/models/any/infer"]) {
    const { status, headers, text } = await ask(server.url + path, preflight(APP));
    expect([status, text]).toEqual([204, ""]);
    expect(headers.get("access-control-allow-origin")).toBe(APP);
    expect(headers.get("access-control-allow-methods")).toContain("POST");
    expect(headers.get("access-control-allow-headers")).toMatch(/authorization.*content-type/);
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("vary")).toContain("Origin");
  }
  const asked = await ask(`${server.url}/models`, {
    headers: { origin: APP, authorization: `Bearer ${KEY}` },
  });
  expect(asked.status).toBe(200);
  expect(asked.headers.get("access-control-allow-origin")).toBe(APP);
  expect(asked.headers.get("access-control-expose-headers")).toMatch(/x-request-id.*server-timing/);
  // Without the header a page could not read why.
  const refused = await ask(`${server.url}/models`, { headers: { origin: APP } });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, APP]);
});

test.each(["https://app.example.evil", "https://app.example:8443", "http://app.example", "null"])(
  "the origin %j gets no header, and no answer to its preflight",
  async (origin) => {
    const { status, headers } = await ask(`${server.url}/models`, preflight(origin));
    expect(status).toBe(401);
    expect(headers.get("access-control-allow-origin")).toBeNull();
  },
);

test("without a name there is none, with * all are allowed", async () => {
  const closed = await startTestServer({ models: [] });
  const open = await startTestServer({ models: [], expose: { cors: ["*"] } });
  try {
    const none = await ask(`${closed.url}/models`, { headers: { origin: APP } });
    expect(none.headers.get("access-control-allow-origin")).toBeNull();
    expect(none.headers.get("vary")).toBeNull();
    const any = await ask(`${open.url}/models`, { headers: { origin: "https://any.example" } });
    expect(any.headers.get("access-control-allow-origin")).toBe("*");
  } finally {
    await closed.close();
    await open.close();
  }
});

test.each([
  "app.example",
  "https://app.example/",
  "https://app.example/path",
  "https://user@app.example",
  "",
])("%j is refused as an origin", async (text) => {
  await expect(startTestServer({ models: [], expose: { cors: [text] } })).rejects.toMatchObject({
    code: "SERVE_ORIGIN",
  });
});
