import { expect, test } from "vitest";
import { Guesses } from "../../src/serve/server/access/guesses.ts";

/** Wrong keys that an address may send until it has to wait. */
function until(guesses: Guesses, address: string): number {
  for (let n = 1; n <= 1_000; n++) if (guesses.wrong(address)) return n;
  return Number.POSITIVE_INFINITY;
}

test("an address has ten wrong keys, and one more every six seconds", () => {
  let now = 1e9;
  const guesses = new Guesses(() => now);
  expect(guesses.waitMs("192.0.2.1")).toBe(0);
  expect(until(guesses, "192.0.2.1")).toBe(10);
  expect(guesses.waitMs("192.0.2.1")).toBe(6_000);
  expect(guesses.waitMs("192.0.2.2")).toBe(0);
  now += 5_999;
  expect(guesses.waitMs("192.0.2.1")).toBe(1);
  now += 1;
  expect(guesses.waitMs("192.0.2.1")).toBe(0);
  expect(guesses.wrong("192.0.2.1")).toBe(true);
  now += 3_600_000;
  expect(until(guesses, "192.0.2.1")).toBe(10);
});

test("an IPv4 address is one however it is written, and of IPv6 the network of a subscriber", () => {
  const guesses = new Guesses(() => 0);
  until(guesses, "::ffff:192.0.2.1");
  expect(guesses.waitMs("192.0.2.1")).toBeGreaterThan(0);
  until(guesses, "2001:db8:0:7::1");
  for (const same of ["2001:DB8::7:1:2:3:4", "2001:0db8:0000:0007:ffff::", "2001:db8:0:7:1:2:3:4"])
    expect(guesses.waitMs(same), same).toBeGreaterThan(0);
  for (const other of ["2001:db8:0:8::1", "2001:db8::1", "::1", ""])
    expect(guesses.waitMs(other), other).toBe(0);
});

test("a million addresses take the memory of ten thousand, and who was wrong last is remembered", () => {
  const guesses = new Guesses(() => 0);
  for (let n = 0; n < 1_000_000; n++) guesses.wrong(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  expect(guesses.size).toBe(10_000);
  until(guesses, "10.0.0.1");
  expect(guesses.waitMs("10.0.0.1")).toBeGreaterThan(0);
});
