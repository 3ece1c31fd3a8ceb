// How far answers are off, as messages say it.
import { expect, test } from "vitest";
import { closenessText, percent } from "../../src/run/convert/closeness.ts";

test("two digits that count", () => {
  expect(percent(0.0123)).toBe("1.2 %");
  expect(percent(0.25)).toBe("25 %");
  expect(closenessText({ relative: 0.25, cosine: 0.97 })).toBe("25 % (cosine 0.9700)");
});

test("as many as tell a share from the limit that it missed", () => {
  expect(percent(0.2514, 0.25)).toBe("25.1 %");
  expect(percent(0.25003, 0.25)).toBe("25.003 %");
  expect(percent(0.31, 0.25)).toBe("31 %");
  expect(closenessText({ relative: 0.2514, cosine: 0.97 }, 0.25)).toBe("25.1 % (cosine 0.9700)");
  expect(percent(Number.POSITIVE_INFINITY, 0.25)).toBe("Infinity %");
});
