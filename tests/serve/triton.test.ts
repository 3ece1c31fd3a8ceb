// The protocol against the recorded answers of a real Triton (tests/fixtures/triton/README.md says how).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HAS_MODELS, NO_MODELS } from "./catalogue.ts";
import { ask, startTestServer, type TestServer } from "./server.ts";

const FIXTURES = join(import.meta.dirname, "..", "fixtures", "triton");
const NAMES = ["simple", "simple_int8", "simple_string"];

type Repeat = { repeat: [string, number][] };
interface Exchange {
  request: { method: string; path: string; body: string | null | Repeat };
  response: { status: number | null; body: unknown };
  why?: string;
}

let server: TestServer | undefined;
beforeAll(async () => {
  if (HAS_MODELS) server = await startTestServer();
});
afterAll(() => server?.close());

function read(name: string): Exchange[] {
  return JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) as Exchange[];
}

function send({ method, path, body }: Exchange["request"]) {
  const text =
    body === null || typeof body === "string" ? body : body.repeat.map(([t, n]) => t.repeat(n)).join("");
  return ask(`${server?.url}${path}`, { method, ...(method === "POST" ? { body: text ?? "" } : {}) });
}

interface Tensor {
  name: string;
}

/** What the fixtures' README says a comparison leaves aside. */
function comparable(body: unknown): unknown {
  if (body === null || typeof body !== "object") return body;
  const { platform: _, outputs, ...rest } = body as { platform?: string; outputs?: Tensor[] };
  return { ...rest, outputs: outputs && Object.fromEntries(outputs.map((tensor) => [tensor.name, tensor])) };
}

describe.each(NAMES)("%s", (name) => {
  test("valid requests get Triton's answers", async (context) => {
    if (!server) return context.skip(NO_MODELS);
    const exchanges = read(`${name}.json`);
    expect(exchanges.length).toBeGreaterThan(40);
    for (const { request, response } of exchanges) {
      const answer = await send(request);
      expect(answer.status, `${request.path} ${JSON.stringify(request.body)}`).toBe(response.status);
      if (response.body !== null) expect(comparable(answer.json)).toEqual(comparable(response.body));
    }
  });

  test("bad requests get 4xx and a reason, whatever Triton does", async (context) => {
    if (!server) return context.skip(NO_MODELS);
    const exchanges = read(join("bad", `${name}.json`));
    expect(exchanges.length).toBeGreaterThan(40);
    for (const { request, why } of exchanges) {
      const answer = await send(request);
      const label = `${why}: ${answer.text.slice(0, 300)}`;
      expect(answer.status, label).toBeGreaterThanOrEqual(400);
      expect(answer.status, label).toBeLessThan(500);
      expect(answer.json?.error, label).toBeTypeOf("string");
      expect(answer.json?.hint, label).toBeTypeOf("string");
    }
  });
});

test("every recorded file is compared", () => {
  expect(readdirSync(FIXTURES).filter((file) => file.endsWith(".json"))).toEqual(
    NAMES.map((name) => `${name}.json`),
  );
});
