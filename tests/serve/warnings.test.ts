// Warnings of a real model, on every way in which the task route answers.
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "../cli/modelyard.ts";
import { SEVEN } from "../pipeline/models-folder.ts";
import { serveFolder } from "./real.ts";

const GRADIENT = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><defs><linearGradient id="g">
<stop offset="0" stop-color="#d22"/><stop offset="1" stop-color="#2bd"/></linearGradient></defs>
<rect width="640" height="480" fill="url(#g)"/></svg>`;

let gradient: Buffer;
beforeAll(async () => {
  gradient = await sharp(Buffer.from(GRADIENT)).png().toBuffer();
});

const header = (response: Response) => response.headers.get("x-modelyard-warnings");

test("a warning stands in a header, in the body that asks for it, and among the events", async () => {
  const model = `${await serveFolder(`${ROOT}/examples/models/mnist`)}/models/mnist`;
  const ask = (body: Buffer, query = "", accept = "*/*") =>
    fetch(`${model}${query}`, { method: "POST", body, headers: { accept } });

  const plain = await ask(gradient);
  expect(plain.headers.get("content-type")).toMatch(/^application\/json/);
  expect(plain.headers.get("x-request-id")).toMatch(/\S/);
  expect(JSON.parse(header(plain) ?? "null")).toEqual([expect.stringMatching(/shades all over/)]);
  expect(await plain.json()).toHaveLength(5);

  const whole = (await (await ask(gradient, "?warnings=true")).json()) as { warnings: string[] };
  expect(whole).toMatchObject({ answer: expect.any(Array), warnings: [expect.stringMatching(/shades/)] });
  const stream = await ask(gradient, "", "text/event-stream");
  expect(stream.headers.get("x-request-id")).toMatch(/\S/);
  const events = await stream.text();
  expect(events).toMatch(/event: warning\ndata: "The picture has shades/);

  // Characters beyond ASCII cannot stand in a header: the sign of × is written as JSON's escape.
  const wide = await ask(await sharp(SEVEN).resize(224, 56, { fit: "fill" }).png().toBuffer());
  expect(header(wide)).toMatch(/224\\u00d756/);
  expect(JSON.parse(header(wide) ?? "null")).toEqual([expect.stringMatching(/224×56.*distorted/)]);

  const digit = await ask(readFileSync(SEVEN));
  expect(digit.headers.has("x-modelyard-warnings")).toBe(false);
});

test("an option that the task does not have is refused with those that it has", async () => {
  const model = `${await serveFolder(`${ROOT}/examples/models/mnist`)}/models/mnist`;
  const inputs = readFileSync(SEVEN).toString("base64");
  const ask = (parameters: object) =>
    fetch(model, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs, parameters }),
    });
  expect(await (await ask({ top_k: 2 })).json()).toHaveLength(2);
  const refused = await ask({ topk: 2 });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toEqual({
    error: "The task image-classification has no option topk.",
    code: "TASK_OPTION_UNKNOWN",
    hint: "Its options are: top, top_k, invert, function_to_apply.",
  });
});
