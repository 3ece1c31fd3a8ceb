// What waits for what while the models of a folder are fetched and loaded.
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { serve } from "../hub/file-server.ts";
import { MNIST, modelsFolder } from "./models-folder.ts";

test("a pipeline waits for the models that it names, and for no other that is fetched", async () => {
  const held = new Map<string, ServerResponse>();
  const server = await serve((request, response) => void held.set(request.url ?? "", response));
  onTestFinished(() => server.close());
  const give = (path: string) => held.get(path)?.end(readFileSync(MNIST));
  const fetched = (name: string) => `model: ${server.url}/${name}.onnx\n`;
  const ask = (model: string) => `input: image\nsteps: { one: { model: ${model} } }\noutput: one\n`;
  const folder = modelsFolder({
    "digits/model.onnx": { copy: MNIST },
    "slow/model.yaml": fetched("slow"),
    "slower/model.yaml": fetched("slower"),
    "third/model.yaml": fetched("third"),
    "here/pipeline.yaml": ask("../digits"),
    "there/pipeline.yaml": ask("../slow"),
    "elsewhere/pipeline.yaml": ask(`${server.url}/third.onnx`),
  });
  const catalogue = await openCatalogue(folder, { compile: false, cache: emptyFolder() });
  onTestFinished(() => catalogue.close());
  const states = () => Object.fromEntries(catalogue.status().map(({ name, state }) => [name, state]));

  // Two are fetched at a time, and stay under way until this test lets them go.
  await expect.poll(() => [...held.keys()].sort()).toEqual(["/slow.onnx", "/slower.onnx"]);
  await expect.poll(states).toMatchObject({ digits: "ready", here: "ready" });
  const waiting = { slower: "fetching", there: "waiting", third: "waiting", elsewhere: "waiting" };
  expect(states()).toMatchObject({ ...waiting, slow: "fetching" });

  give("/slow.onnx");
  await expect.poll(states).toMatchObject({ slow: "ready", there: "ready", third: "fetching" });
  expect(states()).toMatchObject({ slower: "fetching", elsewhere: "waiting" });
  const sessionOf = (name: string) => catalogue.running().find(({ id }) => id.name === name)?.stats.instances;
  expect([sessionOf("slow"), sessionOf("there")]).toEqual([1, 1]);

  await expect.poll(() => held.has("/third.onnx")).toBe(true);
  give("/third.onnx");
  await expect.poll(states).toMatchObject({ third: "ready", elsewhere: "ready", slower: "fetching" });
});

test("what cannot be loaded holds up no pipeline that names it: it says so itself", async () => {
  const folder = modelsFolder({
    "broken/model.onnx": "no model",
    "cook/pipeline.yaml": "input: image\nsteps: { one: { model: ../broken } }\noutput: one\n",
    "gone/pipeline.yaml": "input: image\nsteps: { one: { model: ../nothing } }\noutput: one\n",
  });
  const catalogue = await openCatalogue(folder, { compile: false });
  onTestFinished(() => catalogue.close());
  await expect.poll(() => catalogue.status().map(({ state }) => state)).toEqual(Array(3).fill("unavailable"));
});
