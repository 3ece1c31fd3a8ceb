import { describe, expect, test } from "vitest";
import { Budget, type Cost, type Resident } from "../../src/run/runtime/residency/budget.ts";
import { seeded } from "./tensors.ts";

const SEED = 20_261;

/** A model that is loaded when the test says so and notes what is asked of it. */
class Fake implements Resident {
  busy = false;
  state: "out" | "waiting" | "loading" | "loaded" | "leaving" = "out";
  readonly name: string;
  readonly cost: Cost;
  readonly budget: Budget;
  readonly file: string | null;
  readonly pinned: boolean;

  constructor(name: string, cost: Cost, budget: Budget, file: string | null = null, pinned = false) {
    this.name = name;
    this.cost = cost;
    this.budget = budget;
    this.file = file;
    this.pinned = pinned;
  }

  async enter(): Promise<void> {
    this.state = "waiting";
    await this.budget.enter(this, this.cost, this.file);
    this.state = "loading";
  }
  settle(): void {
    this.state = "loaded";
    this.budget.settle(this);
  }
  async load(): Promise<void> {
    await this.enter();
    this.settle();
  }
  leave(): void {
    expect(this.state).toBe("loaded");
    this.state = "leaving";
  }
  exit(): void {
    expect(this.busy).toBe(false);
    this.state = "out";
    this.budget.exit(this);
  }
}

const cost = (own: number, mapped = 0, loading = 0): Cost => ({ own, mapped, loading });
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a budget of memory", () => {
  test("lets in what fits; then the least recently used leaves, and who waits comes when it has gone", async () => {
    const budget = new Budget(100);
    const [a, b, c] = ["a", "b", "c"].map((name) => new Fake(name, cost(40), budget)) as [Fake, Fake, Fake];
    await a.load();
    await b.load();
    budget.touch(a);
    const coming = c.load();
    await turn();
    expect([a.state, b.state, c.state]).toEqual(["loaded", "leaving", "waiting"]);
    b.exit();
    await coming;
    expect(budget.stats()).toEqual({ limit: 100, used: 80, evictions: 1, loads: 3 });
  });

  test("one that answers leaves last, and only when it has answered", async () => {
    const budget = new Budget(100);
    const [a, b, c] = ["a", "b", "c"].map((name) => new Fake(name, cost(45), budget)) as [Fake, Fake, Fake];
    await a.load();
    await b.load();
    a.busy = true;
    const coming = c.load();
    await turn();
    expect([a.state, b.state]).toEqual(["loaded", "leaving"]);
    b.busy = true;
    b.busy = false;
    b.exit();
    await coming;
    c.busy = true;
    const again = b.load();
    await turn();
    expect([a.state, c.state, b.state]).toEqual(["leaving", "loaded", "waiting"]);
    a.busy = false;
    a.exit();
    await again;
  });

  test("a file that several have counts once, as long as one of them is there", async () => {
    const budget = new Budget(100);
    const twins = ["a", "b", "c"].map((name) => new Fake(name, cost(10, 60), budget, "/weights"));
    for (const twin of twins) await twin.load();
    expect(budget.stats().used).toBe(90);
    const other = new Fake("d", cost(20), budget);
    const coming = other.load();
    await turn();
    expect(twins.map(({ state }) => state)).toEqual(["leaving", "loaded", "loaded"]);
    twins[0]?.exit();
    await coming;
    expect(budget.stats().used).toBe(100);
    const alone = new Fake("e", cost(75), budget);
    const last = alone.load();
    await turn();
    for (const each of [...twins, other]) if (each.state === "leaving") each.exit();
    await last;
    expect(budget.stats().used).toBeLessThanOrEqual(100);
  });

  test("what loading takes besides is given back when it is loaded", async () => {
    const budget = new Budget(100);
    const [a, b] = ["a", "b"].map((name) => new Fake(name, cost(30, 0, 40), budget)) as [Fake, Fake];
    await a.enter();
    const coming = b.enter();
    await turn();
    expect([budget.stats().used, b.state]).toEqual([70, "waiting"]);
    a.settle();
    await coming;
    expect(budget.stats().used).toBe(100);
  });

  test("pinned models stay; what does not fit beside them is refused, and the next in line comes", async () => {
    const budget = new Budget(100);
    const pinned = new Fake("p", cost(60), budget, null, true);
    await pinned.load();
    const large = new Fake("large", cost(50), budget);
    await expect(large.enter()).rejects.toMatchObject({
      code: "MODEL_OVER_BUDGET",
      http: 507,
      message: expect.stringContaining("pinned"),
    });
    expect(() => budget.check({ name: "huge", pinned: false }, cost(101))).toThrow(/huge/);
    const small = new Fake("small", cost(40), budget);
    await small.load();
    expect(pinned.state).toBe("loaded");
  });

  test("one that fails to load gives its room to the next", async () => {
    const budget = new Budget(100);
    const [a, b] = ["a", "b"].map((name) => new Fake(name, cost(80, 0, 10), budget)) as [Fake, Fake];
    await a.enter();
    const coming = b.load();
    a.exit();
    await coming;
    expect(budget.stats()).toMatchObject({ used: 80, loads: 1, evictions: 0 });
  });

  test(`whatever comes and goes, it is never exceeded and nobody waits for ever (seed ${SEED})`, async () => {
    const next = seeded(SEED);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    const budget = new Budget(1000);
    const all = Array.from({ length: 30 }, (_, i) => {
      const file = next() < 0.3 ? `/shared-${i % 4}` : null;
      const mapped = file === null ? 0 : 50;
      return new Fake(
        `m${i}`,
        cost(20 + Math.floor(next() * 250), mapped, Math.floor(next() * 60)),
        budget,
        file,
      );
    });
    const actual = () => {
      const present = all.filter(({ state }) => ["loading", "loaded", "leaving"].includes(state));
      const files = new Set(present.map(({ file }) => file).filter((file) => file !== null));
      const own = present.reduce((sum, { cost, state }) => {
        return sum + cost.own + (state === "loading" ? cost.loading : 0);
      }, 0);
      return own + 50 * files.size;
    };
    for (let step = 0; step < 4000; step++) {
      const one = pick(all);
      if (one.state === "out") void one.enter();
      else if (one.state === "loading") one.settle();
      else if (one.state === "loaded") {
        one.busy = !one.busy;
        if (one.busy) budget.touch(one);
        else budget.idle();
      } else if (one.state === "leaving") {
        one.busy = false;
        one.exit();
      }
      await Promise.resolve();
      await Promise.resolve();
      expect(actual()).toBeLessThanOrEqual(1000);
      expect(budget.stats().used).toBe(actual());
    }
    for (let i = 0; i < 200 && all.some(({ state }) => state === "waiting"); i++) {
      for (const one of all) {
        if (one.state === "loading") one.settle();
        one.busy = false;
        if (one.state === "leaving") one.exit();
      }
      budget.idle();
      await turn();
    }
    expect(all.filter(({ state }) => state === "waiting")).toEqual([]);
    expect(budget.stats().evictions).toBeGreaterThan(100);
  });
});
