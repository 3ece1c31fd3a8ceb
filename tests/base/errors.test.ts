import { expect, test } from "vitest";
import {
  fail,
  fromPlainError,
  isModelyardError,
  isUnforeseen,
  toPlainError,
} from "../../src/base/errors/index.ts";

test("an error says what, where and what to do, and survives a border", () => {
  const error = fail("FILE_NOT_FOUND", { path: "a/b.onnx" }, { where: "command line" });
  expect(error.message).toBe("There is no file or folder a/b.onnx.");
  expect(error.where).toBe("command line");
  expect(error.hint).toMatch(/Check the path/);
  const back = fromPlainError(structuredClone(toPlainError(error)));
  expect(isModelyardError(back)).toBe(true);
  expect(JSON.stringify(back)).toBe(JSON.stringify(error));
});

test("text from outside is shortened", () => {
  expect(fail("FILE_NOT_FOUND", { path: "x".repeat(100_000) }).message.length).toBeLessThan(1_200);
});

test("an error that nobody foresaw becomes INTERNAL and keeps its message", () => {
  expect(toPlainError(new TypeError("boom"))).toMatchObject({ code: "INTERNAL", message: "TypeError: boom" });
});

test("an error that nobody foresaw keeps the stack of where it was thrown over any number of borders", () => {
  const error = new TypeError("boom");
  const once = fromPlainError(structuredClone(toPlainError(error)));
  const twice = fromPlainError(structuredClone(toPlainError(once)));
  expect(twice.stack).toBe(error.stack);
  expect([error, once, twice, "thrown text"].every(isUnforeseen)).toBe(true);
  expect(JSON.stringify(twice)).not.toContain("errors.test");
  const foreseen = fail("FILE_NOT_FOUND", { path: "x" });
  expect(isUnforeseen(foreseen)).toBe(false);
  expect(toPlainError(foreseen)).not.toHaveProperty("stack");
});
