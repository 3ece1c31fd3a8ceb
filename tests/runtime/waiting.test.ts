import { describe, expect, test } from "vitest";
import type { Tensors } from "../../src/model/tensor/tensor.ts";
import { openSession } from "../../src/run/runtime/index.ts";
import { fixture } from "./models.ts";
import { floats, longs } from "./tensors.ts";

/** Keeps the instance busy for much longer than a timer needs, on any machine. */
const busy: Tensors = { x: floats([1], []), steps: longs([8000n], []) };
const quick: Tensors = { x: floats([1], []), steps: longs([1n], []) };
const path = fixture("slow");

/** How each of the requests ends, in the order in which they do. */
async function endings(runs: Record<string, Promise<unknown>>): Promise<string[]> {
  const ended: string[] = [];
  const watched = Object.entries(runs).map(([name, run]) =>
    run.then(
      () => ended.push(`${name} answered`),
      (error: { code: string }) => ended.push(`${name} ${error.code}`),
    ),
  );
  await Promise.all(watched);
  return ended;
}

describe("cancelling", () => {
  test("before it is asked, while it waits, and after it began: the caller is told at once", async () => {
    await using session = await openSession({ path });
    await expect(session.run(quick, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });

    const begun = new AbortController();
    const waiting = new AbortController();
    const ended = endings({
      first: session.run(busy, { signal: begun.signal }),
      ahead: session.run(quick),
      third: session.run(busy, { signal: waiting.signal }),
      last: session.run(quick),
    });
    expect(session.stats()).toMatchObject({ running: 2, waiting: 2 });
    begun.abort();
    waiting.abort();
    // Told at once: before the model is free for what was asked next.
    expect((await ended).slice(0, 2).sort()).toEqual(["first ABORTED", "third ABORTED"]);
    expect((await ended).slice(2)).toEqual(["ahead answered", "last answered"]);
    // What was cancelled in the queue never ran.
    expect(session.stats()).toMatchObject({ runs: 3, answered: 2, failed: 2, waiting: 0, running: 0 });
  });

  test("a cancelled request of a batch leaves the others' rows in place", async () => {
    await using session = await openSession({ path: fixture("table-of-four"), batch: 8 });
    const control = new AbortController();
    const answers = [0n, 1n, 2n].map((id) =>
      session.run({ id: longs([id]) }, id === 1n ? { signal: control.signal } : {}),
    );
    await new Promise((resolve) => setImmediate(resolve));
    control.abort();
    await expect(answers[1]).rejects.toMatchObject({ code: "ABORTED" });
    expect((await answers[0])?.row?.data[0]).toBe(0);
    expect((await answers[2])?.row?.data[0]).toBe(6);
  });

  test("no listener is left on a signal that outlives the request", async () => {
    await using session = await openSession({ path });
    const control = new AbortController();
    let listeners = 0;
    const { signal } = control;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    for (let i = 0; i < 5; i++) await session.run(quick, { signal });
    expect(listeners).toBe(0);
  });
});

describe("deadlines", () => {
  test("one that has passed, one that passes while waiting, one that is kept", async () => {
    await using session = await openSession({ path });
    await expect(session.run(quick, { deadline: Date.now() - 1 })).rejects.toMatchObject({
      code: "RUN_DEADLINE",
    });
    const ended = endings({
      first: session.run(busy),
      second: session.run(busy),
      late: session.run(quick, { deadline: Date.now() + 30 }),
      far: session.run(quick, { deadline: Date.now() + 2 ** 40 }),
    });
    // Told when it passed, not when the model was free.
    expect(await ended).toEqual(["late RUN_DEADLINE", "first answered", "second answered", "far answered"]);
    // A run that has begun is answered, deadline or not.
    await session.run(busy, { deadline: Date.now() + 20 });
  });
});

describe("the queue is bounded", () => {
  test("one more than it holds is refused, and it takes requests again when it has room", async () => {
    await using session = await openSession({ path, queue: 3 });
    // Two are with the instance, three wait.
    const five = [busy, quick, quick, quick, quick].map((feeds) => session.run(feeds));
    await expect(session.run(quick)).rejects.toMatchObject({
      code: "RUN_QUEUE_FULL",
      http: 503,
      message: expect.stringContaining("3 requests"),
    });
    await Promise.all(five);
    await session.run(quick);
  });
});
