// What onnx.checker makes of the hostile set, recorded in fixtures; with Python at hand the record is held to it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder } from "../../cli/modelyard.ts";
import { FIXTURES, fixture } from "../files.ts";
import { oraclePython, runPython } from "../oracle.ts";
import { HOSTILE } from "./set.ts";

test("the record is what onnx.checker 1.23.2 says", (context) => {
  const python = oraclePython(context);
  const folder = emptyFolder();
  const paths = HOSTILE.map(({ bytes, siblings = {} }, i) => {
    mkdirSync(join(folder, `${i}`));
    for (const [name, content] of Object.entries(siblings))
      writeFileSync(join(folder, `${i}`, name), content);
    writeFileSync(join(folder, `${i}/model.onnx`), bytes);
    return join(folder, `${i}/model.onnx`);
  });
  const stdout = runPython(python, [join(FIXTURES, "hostile.py")], paths.join("\n"));
  const answers = JSON.parse(stdout) as Record<string, string | null>;
  const record = Object.fromEntries(
    HOSTILE.map(({ name }, i) => [name, answers[paths[i] as string]?.replaceAll(folder, "") ?? null]),
  );
  if (process.env.MODELYARD_WRITE_FIXTURES)
    writeFileSync(join(FIXTURES, "hostile.json"), `${JSON.stringify(record, null, 2)}\n`);
  const refused = (answer: unknown) =>
    Object.entries(answer as object).map(([name, said]) => [name, said !== null]);
  expect(refused(record)).toEqual(refused(JSON.parse(fixture("hostile.json").toString())));
});
