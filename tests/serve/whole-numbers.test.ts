// Whole numbers that a double cannot hold, and a name that is no ordinary key, on every way into a model.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { modelsFolder } from "../pipeline/models-folder.ts";
import { serveFolder } from "./real.ts";

const MODEL = join(ROOT, "tests/fixtures/serve/prototype.onnx");
const MANY = "[9007199254740993, -9223372036854775808, 9223372036854775807, 9007199254740992, 7]";
const TEXTS = ["9007199254740993", "-9223372036854775808", "9223372036854775807", "9007199254740992", 7];

test("run reads them from files, as the input's tensor and as named tensors", async () => {
  const folder = emptyFolder();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const bare = write("bare.json", MANY);
  const named = write("named.json", `{"__proto__": ${MANY}}`);
  const listed = write(
    "listed.json",
    `[{"name": "__proto__", "shape": [5], "datatype": "INT64", "data": ${MANY}}]`,
  );
  for (const args of [
    [bare],
    [named],
    [listed],
    ["--input", `__proto__=${bare}`],
    ["--input", `__proto__=${named}`],
  ]) {
    const { stdout } = await modelyard(["run", MODEL, ...args, "--json"]);
    expect(JSON.parse(stdout), args.join(" ")).toEqual({ y: { dtype: "int64", shape: [5], data: TEXTS } });
  }
});

test("what does not fit is refused with its own digits", async () => {
  const path = join(emptyFolder(), "over.json");
  for (const [number, shown] of [
    ["9223372036854775808", "9223372036854775808"],
    ["1e19", "10000000000000000000"],
  ] as const) {
    writeFileSync(path, `[${number}]`);
    const { code, stderr } = await modelyard(["run", MODEL, path, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "TASK_TENSOR_VALUE",
      message: `The input __proto__ has ${shown} where int64 is needed.`,
    });
  }
  // Too deep to be read twice: refused for what was wrong the first time.
  const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
  writeFileSync(path, `{"inputs": [9007199254740993], "more": ${deep}}`);
  const { stderr } = await modelyard(["run", MODEL, path, "--json"]);
  expect(JSON.parse(stderr).error).toMatchObject({ code: "TASK_TENSOR_VALUE" });
});

test("the server reads them in a task's body and in the protocol's", async () => {
  const url = await serveFolder(modelsFolder({ "prototype/1/model.onnx": { copy: MODEL } }));
  const ask = async (path: string, body: string) =>
    (
      await fetch(`${url}${path}`, { method: "POST", body, headers: { "content-type": "application/json" } })
    ).json();
  const answer = { y: { dtype: "int64", shape: [5], data: TEXTS } };
  expect(await ask("/models/prototype", `{"inputs": {"__proto__": ${MANY}}}`)).toEqual(answer);
  expect(await ask("/models/prototype", `{"inputs": ${MANY}}`)).toEqual(answer);
  const input = `{"name": "__proto__", "shape": [5], "datatype": "INT64", "data": ${MANY}}`;
  expect(await ask("/v2/models/prototype/infer", `{"inputs": [${input}]}`)).toMatchObject({
    outputs: [{ name: "y", shape: [5] }],
  });
});
