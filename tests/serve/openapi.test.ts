import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixtureModel } from "./catalogue.ts";
import { ask, startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ models: [fixtureModel("identity-int8")] });
});
afterAll(() => server.close());

interface Operation {
  operationId: string;
  responses: Record<string, { content: Record<string, { schema?: object }> }>;
  requestBody?: object;
}

test("every operation that OpenAPI tells of is there, and answers as it says", async () => {
  const { json } = await ask(`${server.url}/openapi.json`);
  expect(json.openapi).toBe("3.1.0");
  const paths = json.paths as Record<string, Record<string, Operation>>;
  const seen = new Set<string>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      expect(seen.has(operation.operationId), operation.operationId).toBe(false);
      seen.add(operation.operationId);
      const url = server.url + path.replace("{model}", "identity-int8").replace("{version}", "1");
      const answer = await ask(url, {
        method: method.toUpperCase(),
        ...(method === "post" && { body: "{}" }),
      });
      expect(answer.json?.code, `${method} ${path}`).not.toBe("SERVE_ROUTE_UNKNOWN");
      expect(Object.keys(operation.responses), `${method} ${path}: ${answer.status}`).toContain(
        String(answer.status),
      );
    }
  }
  expect(seen.size).toBeGreaterThan(15);
  for (const path of ["/models/{model}", "/v2/models/{model}/infer", "/v2/health/ready", "/metrics"]) {
    expect(Object.keys(paths)).toContain(path);
  }
});

test("what OpenAPI refers to is there", async () => {
  const { text, json } = await ask(`${server.url}/openapi.json`);
  const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  expect(refs.length).toBeGreaterThan(10);
  for (const name of refs) expect(Object.keys(json.components.schemas)).toContain(name);
});

test("the schema of OpenAPI 3.1 finds no fault", async () => {
  const { valid, errors } = await new Validator().validate((await ask(`${server.url}/openapi.json`)).json);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test("the page at /docs takes everything from this server", async () => {
  const page = await ask(`${server.url}/docs/`);
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect(file).not.toMatch(/^(https?:)?\/\//);
    const answer = await ask(new URL(file, `${server.url}/docs/`).href);
    expect(answer.status, file).toBe(200);
    expect(answer.text).not.toMatch(/(?:fetch|import|src=)\W{0,3}["']https?:\/\/(?!localhost)/);
  }
});
