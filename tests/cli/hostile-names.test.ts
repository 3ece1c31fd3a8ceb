// A model is from anybody, and so are its names: none of them gives orders to the terminal, or breaks the table it stands in.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serverLog } from "../../src/cli/server-log.ts";
import { columns, openTerminal, wrap } from "../../src/cli/terminal.ts";
import { message } from "../model/files.ts";
import { FLOAT, info, tensorType } from "../model/hostile/proto.ts";
import { emptyFolder, modelyard } from "./modelyard.ts";

/** Sets the title, clears the screen, goes up a line; 8-bit CSI; DEL; shows backwards; a line and a return of its own. */
const EVIL = "\u001b]0;TITLE\u0007\u001b[2J\u001b[1A\u009b2J\u007f\u202egnp.\u2066\r\nforged";
/** What a terminal obeys: all control characters but line feeds (ECMA-48), and the overrides of Unicode's UAX #9. */
const OBEYED = /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

/** A ModelProto in which every name is hostile. */
function model(operator = `Relu${EVIL}`): string {
  const path = join(emptyFolder(), "model.onnx");
  const node = message([
    [1, `x${EVIL}`],
    [2, `y${EVIL}`],
    [3, `node${EVIL}`],
    [4, operator],
  ]);
  const graph = message([
    [1, node],
    [2, `graph${EVIL}`],
    [11, info(`x${EVIL}`, tensorType(FLOAT, [`dim${EVIL}`]))],
    [12, info(`y${EVIL}`, tensorType(FLOAT, [`dim${EVIL}`]))],
  ]);
  const opset = message([
    [1, ""],
    [2, 13],
  ]);
  const bytes = message([
    [1, 8],
    [2, `producer${EVIL}`],
    [3, `1${EVIL}`],
    [6, `documentation${EVIL}`],
    [7, graph],
    [8, opset],
    [
      14,
      message([
        [1, `key${EVIL}`],
        [2, `value${EVIL}`],
      ]),
    ],
  ]);
  writeFileSync(path, bytes);
  return path;
}

test.each([
  ["inspect", []],
  ["inspect", ["--graph"]],
  ["inspect", ["--check"]],
  ["types", []],
] as const)("%s %j shows control characters escaped", async (command, options) => {
  const { stdout, stderr } = await modelyard([command, model(), ...options]);
  expect(stdout + stderr).toMatch(/\\(?:x1b|u001b)\]0;TITLE/);
  expect(stdout).not.toMatch(OBEYED);
  expect(stderr).not.toMatch(OBEYED);
  expect(stdout + stderr).not.toMatch(/^forged/m);
});

test("an error shows the names in it escaped, and on one line", async () => {
  const { code, stderr } = await modelyard(["run", model(), "[1]"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\\(?:x1b|u001b)\]0;TITLE/);
  expect(stderr).not.toMatch(OBEYED);
  expect(stderr).not.toMatch(/^ {0,2}forged/m);
});

test("JSON holds the names as they are, and nothing that a terminal obeys", async () => {
  const { stdout } = await modelyard(["inspect", model("Relu"), "--json"]);
  expect(stdout).not.toMatch(OBEYED);
  expect(JSON.parse(stdout)).toMatchObject({
    inputs: [{ name: `x${EVIL}` }],
    producer: { name: `producer${EVIL}` },
  });
});

let written: string;
const isTTY = process.stdout.isTTY;
beforeEach(() => {
  written = "";
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text) => {
      written += String(text);
      return true;
    });
});
afterEach(() => {
  process.stdout.isTTY = isTTY;
  vi.restoreAllMocks();
});

test("the styles of the program stay on a terminal, and are escaped where it styles nothing", () => {
  const bold = "\u001b[1mx\u001b[22m";
  process.stdout.isTTY = true;
  openTerminal(false).more(`${bold}\u001b[2J\n\ty`);
  process.stdout.isTTY = false;
  openTerminal(false).more(bold);
  expect(written).toBe(`${bold}\\x1b[2J\n\ty\n\\x1b[1mx\\x1b[22m\n`);
});

test("a line break in a cell or a paragraph is shown, not made", () => {
  expect(
    columns(
      [
        ["a\nb", "c\td\r"],
        ["x", "y"],
      ],
      "",
    ),
  ).toBe("a\\nb  c\\td\\r\nx     y");
  expect(wrap("one\ntwo", "", 80)).toEqual(["one\\ntwo"]);
});

test("an error's further lines cannot pass for its code", () => {
  openTerminal(false).error(new Error("first\n  code:  OK"));
  expect(written).toMatch(/^modelyard: .*first\n {6}code: {2}OK\n/);
});

test("a line of the server's log is one line", () => {
  serverLog(openTerminal(false)).warn({ model: EVIL }, "slow");
  expect(written).toBe(
    "modelyard: warn: slow model=\\x1b]0;TITLE\\x07\\x1b[2J\\x1b[1A\\x9b2J\\x7f\\u202egnp.\\u2066\\r\\nforged\n",
  );
});
