import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SpareRoom, type Started } from "../../src/run/runtime/host/spares.ts";

class Fake implements Started {
  isAlive = true;
  readonly modules: readonly string[];

  constructor(modules: readonly string[]) {
    this.modules = modules;
  }

  async dismiss(): Promise<void> {
    this.isAlive = false;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function room() {
  const made: Fake[] = [];
  const spares = new SpareRoom((modules) => {
    const fake = new Fake(modules);
    made.push(fake);
    return fake;
  });
  return { made, spares };
}

test("one that is started ahead imports what it is said that its model will need", () => {
  const { made, spares } = room();
  spares.prepare(["file:///protocol.js"]);
  expect(made.map(({ modules }) => modules)).toEqual([["file:///protocol.js"]]);
  expect(spares.take("file:///protocol.js")).toBe(made[0]);
});

test("one is ready while anybody uses them; the next is made when the last has its model, and imports what that did", async () => {
  const { made, spares } = room();
  expect(spares.take(null)).toBeNull();
  spares.refill();
  await vi.runAllTimersAsync();
  expect(made).toEqual([]);
  spares.use();
  spares.use();
  expect(made.length).toBe(1);
  expect(spares.take("file:///protocol.js")).toBe(made[0]);
  expect(spares.take("file:///protocol.js")).toBeNull();
  // While it loads, nothing else wants the processors.
  await vi.runAllTimersAsync();
  expect(made.length).toBe(1);
  spares.refill();
  spares.refill();
  await vi.runAllTimersAsync();
  expect(made.map(({ modules }) => modules)).toEqual([[], ["file:///protocol.js"]]);
  await spares.leave();
  expect(made[1]?.isAlive).toBe(true);
  await spares.leave();
  expect(made[1]?.isAlive).toBe(false);
  spares.refill();
  await vi.runAllTimersAsync();
  expect(made.length).toBe(2);
});

test("none is made after the last user has left, not even the one that was due", async () => {
  const { made, spares } = room();
  spares.use();
  spares.take(null);
  spares.refill();
  await spares.leave();
  await vi.runAllTimersAsync();
  expect(made.length).toBe(1);
});

test("one that has died is not given, and another takes its place", async () => {
  const { made, spares } = room();
  spares.use();
  (made[0] as Fake).isAlive = false;
  expect(spares.take(null)).toBeNull();
  spares.refill();
  await vi.runAllTimersAsync();
  expect(spares.take(null)).toBe(made[1]);
});

test("a system that has no room for one now is no error of whoever needs none", async () => {
  const made: Fake[] = [];
  let isFull = true;
  const spares = new SpareRoom((modules) => {
    if (isFull) throw new Error("spawn ENOMEM");
    made.push(new Fake(modules));
    return made[0] as Fake;
  });
  spares.use();
  expect(spares.take(null)).toBeNull();
  spares.refill();
  await vi.runAllTimersAsync();
  isFull = false;
  spares.refill();
  await vi.runAllTimersAsync();
  expect(spares.take(null)).toBe(made[0]);
});

test("those that models have left take the next ones, two at most, and no other is made until all is quiet", async () => {
  const { made, spares } = room();
  spares.use();
  const [first] = made as [Fake];
  expect(spares.take(null)).toBe(first);
  const others = [new Fake([]), new Fake([]), new Fake([])] as const;
  expect(others.map(() => spares.wantsLeft())).toEqual([true, true, false]);
  expect(spares.offer(others[0])).toBe(true);
  expect(spares.offer(others[1])).toBe(true);
  spares.refill();
  expect(spares.take(null)).toBe(others[1]);
  expect(spares.take(null)).toBe(others[0]);
  expect(spares.take(null)).toBeNull();
  for (let i = 0; i < 5; i++) {
    spares.refill();
    await vi.advanceTimersByTimeAsync(400);
    expect(made.length).toBe(1);
  }
  await vi.runAllTimersAsync();
  expect(made.length).toBe(2);
});

test("when all is quiet one is kept, the others end; whoever ends while a model leaves it is not kept", async () => {
  const { made, spares } = room();
  spares.use();
  spares.take(null);
  const [left, other, third] = [new Fake([]), new Fake([]), new Fake([])];
  spares.wantsLeft();
  spares.wantsLeft();
  spares.offer(left);
  expect(spares.offer(null)).toBe(false);
  expect(spares.wantsLeft()).toBe(true);
  expect(spares.offer(other)).toBe(true);
  spares.refill();
  await vi.runAllTimersAsync();
  expect(made.length).toBe(1);
  expect([left.isAlive, other.isAlive]).toEqual([false, true]);
  expect(spares.wantsLeft()).toBe(true);
  await spares.leave();
  expect(other.isAlive).toBe(false);
  expect(spares.offer(third)).toBe(false);
  expect(spares.wantsLeft()).toBe(false);
});
