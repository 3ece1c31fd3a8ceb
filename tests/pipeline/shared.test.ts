// Sessions that models and steps of pipelines share.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import type { Place } from "../../src/run/pipeline/place.ts";
import { SharedPlaces } from "../../src/run/pipeline/shared.ts";
import { NO_STATS, type OpenedArtefact, type Session } from "../../src/run/runtime/index.ts";
import { answerOf } from "../tasks/task.ts";
import { MNIST, modelsFolder, SEVEN } from "./models-folder.ts";

const HERE = { pinned: false, device: "cpu" };
const CODEC = { module: "m", options: {}, constants: {} };

/** A place that only notes what is asked of it. */
function placeOf(notes: string[]): Place {
  const close = async () => void notes.push("closed");
  const session: Session = {
    signature: { inputs: [], outputs: [] },
    maxBatch: 1,
    batching: { max: 1, reason: "" },
    run: async () => ({}),
    exchange: async () => null,
    stats: () => NO_STATS,
    close,
    [Symbol.asyncDispose]: close,
  };
  return {
    session,
    base: session,
    isLoaded: () => true,
    move: async ({ path, codec }) => void notes.push(`to ${path}, speaks ${codec?.module ?? "nothing"}`),
  };
}

test("a place is shared by whoever is run alike, and closed by the last", async () => {
  const places = new SharedPlaces();
  const notes: string[] = [];
  let made = 0;
  const make = async () => {
    made++;
    return placeOf(notes);
  };
  const first = await places.open("bytes", HERE, CODEC, make);
  const step = await places.open(
    "bytes",
    { device: "cpu", pinned: false, threads: undefined },
    undefined,
    make,
  );
  expect(made).toBe(1);
  expect(step.base).toBe(first.base);
  // Other bytes, another way of running them, and who speaks a protocol of his own.
  const others = await Promise.all([
    places.open("others", HERE, undefined, make),
    places.open("bytes", { ...HERE, threads: 1 }, undefined, make),
    places.open("bytes", HERE, CODEC, make),
  ]);
  expect(made).toBe(4);
  await Promise.all(others.map(({ session }) => session.close()));
  expect(notes.splice(0)).toEqual(["closed", "closed", "closed"]);

  // It moves once, and goes on to speak what whoever opened it speaks.
  const artefact = { path: "a" } as OpenedArtefact;
  await step.move({ path: "a" }, artefact);
  await first.move({ path: "a", codec: CODEC }, artefact);
  expect(notes.splice(0)).toEqual(["to a, speaks m"]);

  await first.session.close();
  await first.session.close();
  expect(notes).toEqual([]);
  await expect(first.session.run({})).rejects.toMatchObject({ code: "RUN_CLOSED" });
  expect(await step.session.run({})).toEqual({});
  await step.session.close();
  expect(notes).toEqual(["closed"]);
  // What comes now finds none.
  await places.open("bytes", HERE, undefined, make);
  expect(made).toBe(5);
});

test("whoever leaves waits for what he has asked, and a place that cannot be opened is tried anew", async () => {
  const places = new SharedPlaces();
  const place = placeOf([]);
  let answer = () => {};
  const slow: Session = {
    ...place.session,
    run: () =>
      new Promise((resolve) => {
        answer = () => resolve({});
      }),
  };
  const make = async () => ({ ...place, session: slow, base: slow });
  const one = await places.open("bytes", HERE, undefined, make);
  await places.open("bytes", HERE, undefined, make);
  const order: string[] = [];
  const asked = one.session.run({}).then(() => order.push("answered"));
  const closed = one.session.close().then(() => order.push("closed"));
  answer();
  await Promise.all([asked, closed]);
  expect(order).toEqual(["answered", "closed"]);

  const refuse = async () => {
    throw new Error("no");
  };
  const both = [1, 2].map(() => places.open("broken", HERE, undefined, refuse));
  for (const each of await Promise.allSettled(both))
    expect(each).toMatchObject({ status: "rejected", reason: { message: "no" } });
  expect((await places.open("broken", HERE, undefined, make)).base).toBe(slow);
});

test("a step of a pipeline is answered by the model that is served beside it, also when either is loaded anew", async () => {
  const PIPELINE = (example: string) =>
    `input: image\n${example}steps:\n  one: { model: ../digits }\n  two: { model: ../digits, input: input }\noutput: { one: one, two: two }\n`;
  const folder = modelsFolder({
    "digits/model.onnx": { copy: MNIST },
    // Before the model in the order of names.
    "cook/pipeline.yaml": PIPELINE(""),
  });
  const catalogue = await openCatalogue(folder, { compile: false, watch: true });
  onTestFinished(() => catalogue.close());
  await expect.poll(() => catalogue.status().map(({ state }) => state)).toEqual(["ready", "ready"]);
  const statsOf = (name: string) => catalogue.running().find(({ id }) => id.name === name)?.stats;
  const ask = async (name: string) => {
    const lease = catalogue.lease(name);
    try {
      return (await answerOf(lease.predict({ kind: "bytes", bytes: readFileSync(SEVEN) }))).value;
    } finally {
      lease.release();
    }
  };
  const alone = await ask("digits");
  expect(await ask("cook")).toEqual({ one: alone, two: alone });
  expect(statsOf("digits")).toMatchObject({ answered: 3, instances: 1 });
  expect(statsOf("cook")).toMatchObject({ answered: 3, instances: 1 });
  const steps = () => catalogue.running().find(({ id }) => id.name === "cook")?.steps;
  expect(steps()?.map(({ step, runs, failed }) => [step, runs, failed])).toEqual([
    ["one", 1, 0],
    ["two", 1, 0],
  ]);

  const described = () => {
    const { card, release } = catalogue.lease("cook");
    release();
    return card.description;
  };
  // The pipeline comes anew, and takes the session that is there.
  writeFileSync(join(folder, "cook/pipeline.yaml"), PIPELINE("description: again\n"));
  await expect.poll(described).toBe("again");
  expect(await ask("cook")).toEqual({ one: alone, two: alone });
  expect(statsOf("digits")).toMatchObject({ answered: 5 });

  // Run in another way, the model is another session, also for the pipeline; what was before it is closed.
  writeFileSync(join(folder, "digits/model.yaml"), "serving: { threads: 1, instances: 2 }\n");
  await expect.poll(() => statsOf("digits")?.instances).toBe(2);
  await expect.poll(() => statsOf("cook")?.instances).toBe(2);
  expect(await ask("cook")).toEqual({ one: alone, two: alone });
  expect(statsOf("digits")).toMatchObject({ answered: 2 });
});

test("a copy of a model's file is a model by itself, since either may be replaced", async () => {
  const folder = modelsFolder({
    "digits/model.onnx": { copy: MNIST },
    "cook/net/model.onnx": { copy: MNIST },
    "cook/pipeline.yaml": "input: image\nsteps:\n  one: { model: net }\noutput: one\n",
  });
  // A model without instances is loaded from its file when it is asked, as is one whose process has died.
  const catalogue = await openCatalogue(folder, { compile: false, memory: 2 ** 30 });
  onTestFinished(() => catalogue.close());
  await expect.poll(() => catalogue.status().map(({ state }) => state)).toEqual(["ready", "ready"]);
  rmSync(join(folder, "digits/model.onnx"));
  const lease = catalogue.lease("cook");
  onTestFinished(() => lease.release());
  const { value } = await answerOf(lease.predict({ kind: "bytes", bytes: readFileSync(SEVEN) }));
  expect(value).toMatchObject([{ label: "7" }, {}, {}, {}, {}]);
});
