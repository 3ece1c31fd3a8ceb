// What a running server tells whoever runs it: an error with the stack of where it was thrown, for people and for programs.
import { afterEach, expect, test, vi } from "vitest";
import { fail, fromPlainError, toPlainError } from "../../src/base/errors/index.ts";
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

test.each([false, true])(
  "an error of a module has its code, its step and its own stack, in JSON: %s",
  (json) => {
    const cause = new RangeError("no such class");
    const details = { call: "after", file: "module.ts", problem: "no such class" };
    const failed = fail("MODULE_FAILED", details, { cause });
    const text = written(json, { err: failed, request: "r1", where: "step read[2]" });
    if (!json) expect(text).toContain(`request=r1 where=step read[2]\n${cause.stack}\n`);
    else
      expect(JSON.parse(text)).toMatchObject({
        error: { code: "MODULE_FAILED", message: failed.message },
        where: "step read[2]",
        stack: cause.stack,
      });
  },
);

test.each([false, true])("whoever runs a module that throws is shown its stack, in JSON: %s", (json) => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const cause = new RangeError("no such class");
  const details = { call: "after", file: "module.ts", problem: "no such class" };
  openTerminal(json).error(fail("MODULE_FAILED", details, { cause }));
  const text = write.mock.calls.map(([piece]) => String(piece)).join("");
  if (json) expect(JSON.parse(text).error).toMatchObject({ code: "MODULE_FAILED", stack: cause.stack });
  else expect(text).toContain(`  code:  MODULE_FAILED\n${cause.stack}\n`);
});
