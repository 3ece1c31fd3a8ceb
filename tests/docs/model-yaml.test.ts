import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseModelYaml } from "../../src/model/contract/index.ts";
import { TASKS } from "../../src/run/tasks/index.ts";
import { ROOT } from "../cli/modelyard.ts";

const page = readFileSync(join(ROOT, "docs/model-yaml.md"), "utf8");

test("what docs/model-yaml.md shows is read as it stands", () => {
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  expect(blocks.length).toBeGreaterThan(3);
  for (const block of blocks)
    expect(Object.keys(parseModelYaml(block, "docs"))).toEqual(Object.keys(parse(block)));
});

test("it names every task, and every kind of input and output", () => {
  for (const { id } of TASKS) expect(page).toContain(`\`${id}\``);
  const kinds = (section: string) => {
    const wrong = () => parseModelYaml(`${section}: { x: { kind: "?" } }`, "x");
    const message = String(
      (() => {
        try {
          return wrong();
        } catch (error) {
          return error;
        }
      })(),
    );
    return /one of (.*?)$/m.exec(message)?.[1]?.split(", ") ?? [];
  };
  const all = [...kinds("inputs"), ...kinds("outputs")];
  expect(all.length).toBeGreaterThan(10);
  for (const kind of all) expect(page, kind).toMatch(new RegExp(`kind: ${kind}\\b`));
});
