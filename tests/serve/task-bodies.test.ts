// Bodies of the task route under content types that say little, and inputs whose rank a file leaves open.
import { expect, test } from "vitest";
import { MNIST, modelsFolder } from "../pipeline/models-folder.ts";
import { fixtureModel } from "./catalogue.ts";
import { serveFolder } from "./real.ts";
import { ask, post, startTestServer } from "./server.ts";

const FIXTURES = new URL("../fixtures/serve/", import.meta.url).pathname;

test.each([true, false])(
  "JSON is read as such under what fetch, curl and others say of it (%j)",
  async (spoken) => {
    const url = await serveFolder(
      modelsFolder({
        "eight/1/model.onnx": { copy: `${FIXTURES}identity-int8.onnx` },
        "mnist/1/model.onnx": { copy: MNIST },
      }),
      { spoken },
    );
    const dark = Array.from({ length: 28 }, () => Array(28).fill(0));
    for (const type of ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "text/csv", ""]) {
      const tensors = await post(
        `${url}/models/eight`,
        { inputs: { x: [[5, -7]] } },
        { "content-type": type },
      );
      expect(tensors.json, type).toEqual({ y: { dtype: "int8", shape: [1, 2], data: [[5, -7]] } });
      const picture = await post(`${url}/models/mnist`, { inputs: dark }, { "content-type": type });
      expect(picture.status, picture.text).toBe(200);
      expect(picture.json).toHaveLength(5);
    }
    // As `fetch(url, { method: "POST", body })` sends it.
    const bare = await ask(`${url}/models/eight`, { method: "POST", body: '{"inputs": {"x": [[1]]}}' });
    expect(bare.json.y.data).toEqual([[1]]);
  },
);

test("a model of texts is given a text that looks like JSON as it is", async () => {
  const server = await startTestServer({
    models: [
      fixtureModel("scalar", {
        name: "words",
        task: { id: "text-classification", title: "", accepts: { kind: "text", mediaTypes: [] }, answer: {} },
        predict: async function* (input) {
          yield { type: "answer", value: input, warnings: [] };
        },
      }),
    ],
  });
  const body = '{"inputs": "fine"}';
  const answers = await Promise.all(
    ["text/plain", "application/json"].map((type) =>
      ask(`${server.url}/models/words`, { method: "POST", body, headers: { "content-type": type } }),
    ),
  );
  await server.close();
  expect(answers.map(({ json }) => json)).toEqual([
    { kind: "text", text: body },
    { kind: "text", text: "fine" },
  ]);
});

test.each([true, false])("an input of any rank takes each, which a scalar does not (%j)", async (spoken) => {
  const url = await serveFolder(
    modelsFolder({
      "any/1/model.onnx": { copy: `${FIXTURES}any-rank.onnx` },
      "scalar/1/model.onnx": { copy: `${FIXTURES}scalar.onnx` },
    }),
    { spoken },
  );
  expect((await ask(`${url}/v2/models/any`)).json.inputs[0].shape).toEqual([-1]);
  expect((await ask(`${url}/v2/models/scalar`)).json.inputs[0].shape).toEqual([]);
  for (const shape of [[], [2], [2, 3], [1, 2, 1, 2]]) {
    const data = Array(shape.reduce((all, length) => all * length, 1)).fill(1);
    const inputs = [{ name: "x", shape, datatype: "FP32", data }];
    const answer = await post(`${url}/v2/models/any/infer`, { inputs });
    expect(answer.json.outputs, answer.text).toEqual([
      { name: "y", datatype: "INT64", shape: [shape.length], data: shape },
    ]);
    const scalar = await post(`${url}/v2/models/scalar/infer`, { inputs });
    expect(scalar.json.code ?? scalar.status).toBe(shape.length === 0 ? 200 : "SERVE_SHAPE");
  }
});
