// What `predict` of the library takes, in its types and when it runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { load, loadPipeline, type Model, open } from "../../src/index.ts";
import { MNIST, modelsFolder, SEVEN } from "./models-folder.ts";

const seven = readFileSync(SEVEN);

test("what is forgotten is told in words, also where no types are checked", async () => {
  const forgotten = [undefined, null, 5, "", {}] as never[];
  for (const source of forgotten)
    for (const begin of [load, open, loadPipeline])
      await expect(begin(source)).rejects.toMatchObject({ code: "HUB_SOURCE_EMPTY" });
  const model = await load(MNIST);
  onTestFinished(() => model.close());
  for (const nothing of [undefined, null, 5] as never[]) {
    await expect(model.predict(nothing)).rejects.toMatchObject({ code: "TASK_INPUT_KIND" });
    await expect(model.run(nothing)).rejects.toMatchObject({ code: "RUN_INPUT_MISSING" });
  }
});

test("where the task is said, the types take its kind of input and no other", async () => {
  const refused: ((model: Model<"image-classification">) => Promise<unknown>)[] = [
    // @ts-expect-error a sound is no picture
    (model) => model.predict({ sound: seven }),
    // @ts-expect-error a picture is missing
    (model) => model.predict({}),
    // @ts-expect-error a number is no picture
    (model) => model.predict({ image: 7 }),
    // @ts-expect-error there is one picture
    (model) => model.predict({ image: seven, other: seven }),
  ];
  const model = await load<"image-classification">(MNIST);
  onTestFinished(() => model.close());
  for (const ask of refused) await expect(ask(model)).rejects.toMatchObject({ code: "TASK_INPUT_KIND" });
  // @ts-expect-error a picture is no sound
  const hear = (other: Model<"audio-classification">) => other.predict({ image: seven });
  const read = (other: Model<"text-classification">) => other.predict({ text: "words" });
  expect([typeof hear, typeof read]).toEqual(["function", "function"]);
  const { classes } = await model.predict({ image: seven });
  expect(classes[0]?.label).toBe("7");
});

test("the input is called by its kind, or as the contract calls it", async () => {
  const folder = modelsFolder({
    "model.yaml": "inputs: { photo: { kind: image } }\n",
    "model.onnx": { copy: MNIST },
  });
  const model = await load(join(folder));
  onTestFinished(() => model.close());
  for (const name of ["photo", "image", "Input3"]) {
    const { classes } = await model.predict({ [name]: name === "Input3" ? [[pixels()]] : seven });
    expect(classes?.[0]?.label, name).toBeDefined();
  }
  await expect(model.predict({ picture: seven })).rejects.toMatchObject({ code: "TASK_INPUT_KIND" });
});

function pixels(): number[][] {
  return Array.from({ length: 28 }, () => Array.from({ length: 28 }, () => 0));
}
