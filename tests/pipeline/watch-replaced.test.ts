import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { watchFolder } from "../../src/run/pipeline/watch.ts";
import { modelsFolder } from "./models-folder.ts";

test("a file that was replaced, as editors save, is seen when it changes again", async () => {
  const folder = modelsFolder({ "m/model.yaml": "name: a\n" });
  const file = join(folder, "m/model.yaml");
  let told = 0;
  const problems: unknown[] = [];
  onTestFinished(
    watchFolder(
      folder,
      (names) => {
        expect([...names]).toEqual(["m"]);
        told++;
      },
      (error) => problems.push(error),
    ),
  );
  for (let round = 0; round < 3; round++) {
    const before = told;
    writeFileSync(`${file}.new`, `name: replaced${round}\n`);
    renameSync(`${file}.new`, file);
    await expect.poll(() => told).toBeGreaterThan(before);
    // Written in place until it is seen: a change while the watching begins anew belongs to the one before.
    const replaced = told;
    let text = 0;
    await expect
      .poll(
        () => {
          writeFileSync(file, `name: written${text++}\n`);
          return told;
        },
        { interval: 500 },
      )
      .toBeGreaterThan(replaced);
  }
  expect(problems).toEqual([]);
});
