import { expect, test } from "vitest";
import { openSession, swappable } from "../../src/run/runtime/index.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, seeded } from "./tensors.ts";

test("sessions take over from each other under load: every request is answered, and all are counted", async () => {
  const path = fixture("mlp");
  const open = () => openSession({ path, threads: 1 });
  await using session = swappable(await open());
  const next = seeded(7);
  const feeds = () => ({
    x: floats(
      Array.from({ length: 64 }, () => next()),
      [1, 64],
    ),
  });
  const asked: { feeds: ReturnType<typeof feeds>; answer: Promise<unknown> }[] = [];
  const ask = () => {
    const given = feeds();
    asked.push({ feeds: given, answer: session.run(given) });
  };
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 40; k++) ask();
    const swapped = session.swap(await open());
    for (let k = 0; k < 40; k++) ask();
    await swapped;
  }
  const answers = await Promise.all(asked.map(({ answer }) => answer));
  for (const [i, answer] of answers.entries()) {
    const expected = await bareRun(path, asked[i]?.feeds ?? {});
    for (const [name, { data }] of Object.entries(expected)) {
      const own = (answer as typeof expected)[name]?.data as Float32Array;
      for (const [at, value] of (data as Float32Array).entries()) expect(own[at]).toBeCloseTo(value, 5);
    }
  }
  expect(session.stats()).toMatchObject({ answered: 240, failed: 0, waiting: 0, running: 0, ready: 1 });
});

test("one that is closed takes no other", async () => {
  const path = fixture("mlp");
  const session = swappable(await openSession({ path, threads: 1, batch: 0 }));
  const next = await openSession({ path, threads: 1, batch: 0 });
  await session.close();
  await session.swap(next);
  await expect(next.run({})).rejects.toMatchObject({ code: "RUN_CLOSED" });
});
