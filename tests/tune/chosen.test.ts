import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bufferSource } from "../../src/base/sources/index.ts";
import { openSource } from "../../src/run/pipeline/index.ts";
import { writeChosen } from "../../src/run/tune/chosen.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";

const VARIANT = { precision: "original", compiled: false, instances: 2, threads: 1, batch: 4 } as const;

/** The digits model, as if its file carried another file of that name, which its contract names for the labels. */
async function carrying(name: string) {
  const opened = await openSource(join(ROOT, "examples/models/mnist"));
  const [[output, digits] = []] = Object.entries(opened.contract.outputs);
  const contract = { ...opened.contract, outputs: { [output as string]: { ...digits, labels: name } } };
  const sibling = async () => bufferSource(new TextEncoder().encode("zero\none\n"), name);
  return { ...opened, contract, sibling } as typeof opened;
}

test("the files that a contract names come along, and model.yaml says how the model is run", async () => {
  const out = emptyFolder();
  const opened = await carrying("words/labels.txt");
  const folder = await writeChosen(opened, VARIANT, out);
  await opened.close();
  expect(readFileSync(join(folder, "words/labels.txt"), "utf8")).toBe("zero\none\n");
  const yaml = readFileSync(join(folder, "model.yaml"), "utf8");
  for (const line of ["instances: 2", "threads: 1", "max_batch: 4", "labels: words/labels.txt"])
    expect(yaml).toContain(line);
});

test.each(["../../escaped.txt", "/tmp/modelyard-escaped.txt", "..\\escaped.txt"])(
  "a name that leaves the folder, %s, is refused",
  async (name) => {
    const out = emptyFolder();
    const opened = await carrying(name);
    await expect(writeChosen(opened, VARIANT, join(out, "tuned"))).rejects.toMatchObject({
      code: "FILE_ESCAPES_FOLDER",
    });
    await opened.close();
    expect(existsSync(join(out, "escaped.txt"))).toBe(false);
    expect(existsSync("/tmp/modelyard-escaped.txt")).toBe(false);
  },
);
