import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Catalogue, openCatalogue } from "../../src/run/pipeline/index.ts";
import { answerOf } from "../tasks/task.ts";
import { folderOf } from "./folders.ts";

const CODE = (word: string) => `export const run = (text: string) => text + " ${word}";`;

/** The answer, or the code of the error. */
async function answerTo(catalogue: Pick<Catalogue, "lease">): Promise<unknown> {
  try {
    const lease = catalogue.lease("say");
    try {
      return (await answerOf(lease.predict({ kind: "text", text: "the" }))).value;
    } finally {
      lease.release();
    }
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("edits are loaded while developing; what is wrong is said, and what is under way is answered", async () => {
  const folder = folderOf({
    "say/pipeline.yaml": "input: text\nsteps: { say: { code: say.ts, gives: { type: string } } }",
    "say/say.ts": CODE("first"),
  });
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const catalogue = await openCatalogue(folder, { compile: false, watch: true, onNote });
  onTestFinished(() => catalogue.close());
  const asked = () => answerTo(catalogue);
  await expect.poll(asked).toBe("the first");
  const held = catalogue.lease("say");

  writeFileSync(join(folder, "say/say.ts"), CODE("second"));
  await expect.poll(asked).toBe("the second");
  // Who had begun is answered by what he had.
  expect((await answerOf(held.predict({ kind: "text", text: "the" }))).value).toBe("the first");
  held.release();

  writeFileSync(join(folder, "say/say.ts"), "export const run = (: string) => 1;");
  await expect.poll(asked).toBe("MODEL_UNAVAILABLE");
  // An editor's file may be read while half of it is written; it is read again, since that was no end of the changes.
  await expect.poll(() => catalogue.status()[0]?.reason).toContain("say.ts could not be loaded");
  // The log has the place.
  await expect.poll(() => notes.join("\n")).toMatch(/^say: SyntaxError: .*say\.ts:1:2\d\b/ms);
  writeFileSync(join(folder, "say/say.ts"), CODE("third"));
  await expect.poll(asked).toBe("the third");

  rmSync(join(folder, "say"), { recursive: true });
  await expect.poll(asked).toBe("MODEL_UNKNOWN");
});

test("what listeners hear of can be asked: the first model of an empty folder, and one that takes another's place", async () => {
  const folder = folderOf({});
  const catalogue = await openCatalogue(folder, { compile: false, watch: true });
  onTestFinished(() => catalogue.close());
  const states: string[] = [];
  const refused: unknown[] = [];
  catalogue.onChange(({ name, state }) => {
    states.push(state);
    try {
      if (state === "ready") catalogue.lease(name).release();
    } catch (error) {
      refused.push(error);
    }
  });
  const made = folderOf({
    "say/pipeline.yaml": "input: text\nsteps: { say: { code: say.ts, gives: { type: string } } }",
    "say/say.ts": CODE("first"),
  });
  const asked = () => answerTo(catalogue);
  renameSync(join(made, "say"), join(folder, "say"));
  await expect.poll(asked).toBe("the first");
  expect(states).toContain("ready");
  writeFileSync(join(folder, "say/say.ts"), CODE("second"));
  await expect.poll(asked).toBe("the second");
  expect(refused).toEqual([]);
  expect(states).not.toContain("unloading");
  renameSync(join(folder, "say"), join(made, "say"));
  await expect.poll(() => states.at(-1)).toBe("unloading");
});
