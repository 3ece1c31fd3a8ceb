// How numbers are written: every float32 in the fewest digits that read back as the same.
import { expect, test } from "vitest";
import { parseExactly } from "../../src/base/json-exact.ts";
import { fromHalf, toHalf } from "../../src/model/tensor/index.ts";
import { writeDouble, writeFloat } from "../../src/serve/server/wire/write-number.ts";
import { random } from "./random.ts";

/** The fewest digits by trying: slow, and plainly right. */
function shortest(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    if (Math.fround(Number(value.toPrecision(digits))) === value) return digits;
  }
  return 17;
}

function digitsOf(text: string): number {
  return text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "").length || 1;
}

test("a float32 reads back as the same, in the fewest digits", () => {
  const next = random(1);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  let seen = 0;
  for (let round = 0; round < 300_000; round++) {
    bits[0] = Math.floor(next() * 2 ** 32);
    // Half of them where model outputs are: near one.
    if (round % 2 === 0) float[0] = (next() - 0.5) * 10 ** Math.floor(next() * 6 - 3);
    const value = float[0] as number;
    if (!Number.isFinite(value)) continue;
    const text = writeFloat(value);
    const back = JSON.parse(text) as number;
    if (!Object.is(Math.fround(back), value)) throw new Error(`${value} was written as ${text}`);
    // Six digits are tried first, so a value of fewer ends in zeros, which a double does not print.
    if (digitsOf(text) > shortest(value))
      throw new Error(`${value} was written as ${text}, longer than needed`);
    seen++;
  }
  expect(seen).toBeGreaterThan(290_000);
});

test.each([
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [0.1, "0.1"],
  [-2.5, "-2.5"],
  [16_777_216, "16777216"],
  [16_777_215, "16777215"],
  [1e-45, "1e-45"],
  [3.4028234663852886e38, "3.4028235e+38"],
  [Number.NaN, '"NaN"'],
  [Infinity, '"Infinity"'],
  [-Infinity, '"-Infinity"'],
])("%d is written as %s", (value, text) => {
  expect(writeFloat(Math.fround(value))).toBe(text);
});

test("a double keeps all its digits", () => {
  expect(writeDouble(0.1 + 0.2)).toBe("0.30000000000000004");
  expect(writeDouble(-0)).toBe("-0");
  expect(writeDouble(Number.NaN)).toBe('"NaN"');
});

test("every half survives, and numbers between two halves go to the nearer, ties to even", () => {
  const wrong: string[] = [];
  const check = (value: number, bits: number) => {
    if (toHalf(value) !== bits) wrong.push(`${value} became ${toHalf(value)}, not ${bits}`);
  };
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const value = fromHalf(bits);
    if (Number.isNaN(value)) check(value, toHalf(value) & 0x7fff);
    else check(value, bits);
  }
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
    const middle = (low + high) / 2;
    check(middle, bits % 2 === 0 ? bits : bits + 1);
    check(middle + (high - low) / 8, bits + 1);
    check(middle - (high - low) / 8, bits);
  }
  check(65_519, 0x7bff);
  check(65_520, 0x7c00);
  check(1e-9, 0);
  expect(wrong).toEqual([]);
});

test("JSON read exactly is JSON read, with every digit of large integers", () => {
  const text =
    ' {"a" : [1, -2.5e3, true, false, null, "x\\"y\\\\", "[9007199254740993]"], "b":{}, "c":[], "__proto__": 9007199254740993,"d":-9223372036854775808,"e":1e19,"f":9007199254740993.5} ';
  const exact = parseExactly(text) as Record<string, unknown>;
  expect(Object.getOwnPropertyDescriptor(exact, "__proto__")?.value).toBe(9007199254740993n);
  expect(exact.d).toBe(-9223372036854775808n);
  const rounded = JSON.stringify(exact, (_, value) => (typeof value === "bigint" ? Number(value) : value));
  expect(rounded).toBe(JSON.stringify(JSON.parse(text)));
  // A long string must not exhaust anything.
  const long = JSON.stringify(["\\".repeat(3_000_000), 1]);
  expect(parseExactly(long)).toEqual(JSON.parse(long));
});
