import { expect, test } from "vitest";
import { fail, fromPlainError, isModelyardError, toPlainError } from "../../src/base/errors/index.ts";

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
