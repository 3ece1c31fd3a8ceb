// Models whose outputs are sequences and maps, as scikit-learn's converter makes them: no binding of the runtime reads those.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

const fixture = (name: string) => join(ROOT, `tests/fixtures/runtime/${name}.onnx`);

test.each([
  ["sequence-output", "outputs", "both", "sequence of float32", "float32"],
  ["map-output", "outputs", "named", "sequence of map of string to float32", "string"],
  ["sequence-input", "inputs", "list", "sequence of float32", "float32"],
] as const)("inspect says what is in %s", async (model, side, name, type, dtype) => {
  const { stdout } = await modelyard(["inspect", fixture(model)]);
  expect(stdout.split("\n")[0]).toContain(`${name} (${type})`);
  expect(stdout).toMatch(new RegExp(`^ {4}${name} +${type}$`, "m"));
  const json = JSON.parse((await modelyard(["inspect", fixture(model), "--json"])).stdout);
  expect(json[side][0]).toEqual({ name, dtype, shape: null, type });
});

test("run answers without what cannot be read, and says so; where nothing is left it refuses", async () => {
  const path = join(emptyFolder(), "x.json");
  writeFileSync(path, "[1, -2]");
  const some = await modelyard(["run", fixture("sequence-output"), path, "--json"]);
  expect(some.code, some.stderr).toBe(0);
  expect(JSON.parse(some.stdout)).toEqual({ minus: { dtype: "float32", shape: [2], data: [-1, 2] } });
  expect(JSON.parse(some.stderr).warning).toContain('The answer lacks "both"');
  writeFileSync(path, "[[1, 2]]");
  const none = await modelyard(["run", fixture("map-output"), path, "--json"]);
  expect(none.code).toBe(1);
  expect(JSON.parse(none.stderr).error.code).toBe("RUN_TYPE_UNSUPPORTED");
});

test("a server warns as run does, and the types have no output that never comes", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "some/1"), { recursive: true });
  copyFileSync(fixture("sequence-output"), join(folder, "some/1/model.onnx"));
  const { url } = await serve(folder, ["--no-log"]);
  await untilReady(url, "some");
  const body = JSON.stringify({ inputs: [1, -2] });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/models/some?warnings=true`, { method: "POST", body, headers });
  expect(await response.json()).toMatchObject({
    answer: { minus: { data: [-1, 2] } },
    warnings: [expect.stringContaining('The answer lacks "both"')],
  });
  expect(response.headers.get("x-modelyard-warnings")).toContain("both");
  const { stdout } = await modelyard(["types", fixture("sequence-output"), "--no-client"]);
  expect(stdout).toContain('readonly "minus"');
  expect(stdout).not.toContain('readonly "both"');
});
