// Operator schemas against Python's own.
import { join } from "node:path";
import { expect, test } from "vitest";
import { oraclePython, runPython } from "./oracle.ts";
import { allSchemas } from "./schemas.ts";

const SCRIPT = join(import.meta.dirname, "../../scripts/operator-schemas.py");

test("every schema is Python's, field by field", (context) => {
  const theirs = JSON.parse(runPython(oraclePython(context), [SCRIPT, "--print"])) as ReturnType<
    typeof allSchemas
  >;
  const ours = allSchemas();
  expect(ours).toHaveLength(theirs.length);
  theirs.forEach((schema, i) => {
    expect(ours[i], `${schema.domain} ${schema.name} ${schema.since}`).toEqual(schema);
  });
});
