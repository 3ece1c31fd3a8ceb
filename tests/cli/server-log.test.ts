// What a running server tells whoever runs it: an error with the stack of where it was thrown, for people and for programs.
import { afterEach, expect, test, vi } from "vitest";
import { fromPlainError, toPlainError } from "../../src/base/errors/index.ts";
import { serverLog } from "../../src/cli/server-log.ts";
import { openTerminal } from "../../src/cli/terminal.ts";

afterEach(() => vi.restoreAllMocks());

/** What is written to stderr. */
function written(json: boolean, details: object): string {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  serverLog(openTerminal(json)).error(details, "a request failed unexpectedly");
  return write.mock.calls.map(([text]) => String(text)).join("");
}

const thrown = new TypeError("a defect");
/** As it arrives from another thread. */
const err = fromPlainError(structuredClone(toPlainError(thrown)));

test("a person reads the message, the request and the stack", () => {
  expect(written(false, { err, request: "r1" })).toBe(
    `modelyard: error: a request failed unexpectedly request=r1\n${thrown.stack}\n`,
  );
});

test("a program reads one line of JSON", () => {
  const text = written(true, { err, request: "r1" });
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(text)).toEqual({
    level: "error",
    message: "a request failed unexpectedly",
    request: "r1",
    error: { code: "INTERNAL", message: "TypeError: a defect" },
    stack: thrown.stack,
  });
});
