// The algebra of lengths, held to plain arithmetic: whatever its symbols stand for, an expression is the number that
// is computed step by step.
import { expect, test } from "vitest";
import {
  add,
  broadcast,
  ceilDivide,
  divideExactly,
  type Extent,
  evaluateExtent,
  extentOf,
  floorDivide,
  formatExtent,
  greatest,
  isAtLeast,
  isSame,
  least,
  lowerBound,
  multiply,
  subtract,
} from "../../../src/model/graph/infer/index.ts";
import { SEED } from "../../seed.ts";
import { random } from "../../serve/random.ts";

const symbol = (name: string) => extentOf({ kind: "symbol", key: `$${name}`, name, isInput: true });
const [h, w, batch] = [symbol("height"), symbol("width"), symbol("batch")];
const text = (extent: Extent | null) => (extent === null ? null : formatExtent(extent));

test("any expression is what plain arithmetic gives", () => {
  const seed = SEED;
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const names = ["a", "b", "c"];
  let exact = 0;
  for (let round = 0; round < 1_500; round++) {
    const lengths = new Map(names.map((name) => [`$${name}`, below(12)]));
    const build = (depth: number): { extent: Extent | null; value: number } => {
      if (depth === 0 || next() < 0.15) {
        if (next() < 0.4) {
          const value = below(9) - 2;
          return { extent: value, value };
        }
        const name = names[below(3)] as string;
        return { extent: symbol(name), value: lengths.get(`$${name}`) as number };
      }
      const a = build(depth - 1);
      if (next() < 0.3) {
        const by = 1 + below(6);
        if (next() < 0.5) return { extent: floorDivide(a.extent, by), value: Math.floor(a.value / by) };
        return { extent: ceilDivide(a.extent, by), value: Math.ceil(a.value / by) };
      }
      const b = build(depth - 1);
      const kind = below(5);
      if (kind === 0) return { extent: add(a.extent, b.extent), value: a.value + b.value };
      if (kind === 1) return { extent: subtract(a.extent, b.extent), value: a.value - b.value };
      if (kind === 2) return { extent: multiply(a.extent, b.extent), value: a.value * b.value };
      if (kind === 3) return { extent: least(a.extent, b.extent), value: Math.min(a.value, b.value) };
      return { extent: greatest(a.extent, b.extent), value: Math.max(a.value, b.value) };
    };
    const { extent, value } = build(4);
    if (extent === null) continue;
    exact++;
    const where = `seed ${seed}, round ${round}: ${text(extent)}`;
    expect(evaluateExtent(extent, lengths), where).toBe(value + 0);
    expect(value, where).toBeGreaterThanOrEqual(lowerBound(extent));
    const other = build(3);
    if (other.extent !== null && isAtLeast(extent, other.extent)) {
      expect(value, where).toBeGreaterThanOrEqual(other.value);
    }
    const quotient = other.value === 0 ? null : divideExactly(multiply(extent, other.extent), other.extent);
    if (quotient !== null) expect(evaluateExtent(quotient, lengths), where).toBe(value + 0);
  }
  expect(exact).toBeGreaterThan(1_000);
});

test("what is computed in two ways is the same", () => {
  const conv = (x: Extent | null, kernel: number, stride: number, pad: number) =>
    add(floorDivide(add(x, 2 * pad - kernel), stride), 1);
  expect(text(conv(h, 3, 1, 1))).toBe("height");
  expect(text(conv(conv(h, 3, 2, 1), 3, 2, 1))).toBe("floor((height + 3)/4)");
  expect(isSame(conv(conv(h, 3, 2, 1), 1, 2, 0), conv(conv(h, 1, 2, 0), 3, 2, 1))).toBe(true);
  expect(text(floorDivide(multiply(multiply(h, w), 4), 2))).toBe("2*height*width");
  expect(text(divideExactly(multiply(add(h, w), multiply(batch, 64)), multiply(add(w, h), 8)))).toBe(
    "8*batch",
  );
  expect(divideExactly(h, w)).toBeNull();
  expect(text(subtract(add(h, w), w))).toBe("height");
  expect(isSame(least(h, w), least(w, least(h, h)))).toBe(true);
  expect(text(least(h, add(h, 1)))).toBe("height");
});

test("lengths that broadcast", () => {
  expect(broadcast(h, 1)).toBe(h);
  expect(broadcast(h, 5)).toBe(5);
  expect(broadcast(3, 5)).toBe("conflict");
  expect(broadcast(null, 5)).toBe(5);
  expect(broadcast(null, h)).toBeNull();
  expect(text(broadcast(add(h, 2), w) as Extent)).toBe("height + 2");
  expect(isSame(broadcast(h, w) as Extent, broadcast(w, h) as Extent)).toBe(true);
  // 0 beside 1 is 0: the greater of two is not always what both are stretched to.
  expect(
    evaluateExtent(
      broadcast(h, w) as Extent,
      new Map([
        ["$height", 0],
        ["$width", 1],
      ]),
    ),
  ).toBe(0);
});

test("nothing is claimed beyond whole numbers that JavaScript holds", () => {
  expect(multiply(2 ** 40, 2 ** 40)).toBeNull();
  expect(add(Number.MAX_SAFE_INTEGER, 1)).toBeNull();
  expect(multiply(add(h, 2 ** 40), 2 ** 40)).toBeNull();
  expect(floorDivide(h, 0)).toBeNull();
  let doubled: Extent | null = h;
  for (let i = 0; i < 100 && doubled !== null; i++) doubled = multiply(add(doubled, w), add(doubled, batch));
  expect(doubled).toBeNull();
});
