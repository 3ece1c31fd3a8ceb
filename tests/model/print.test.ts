import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelLines, printDetails, printModel } from "../../src/model/index.ts";
import { fixture, MNIST, openBytes } from "./files.ts";
import {
  attribute,
  BOOL,
  between,
  defined,
  FLOAT,
  graph,
  INT4,
  imports,
  info,
  integers,
  node,
  opset,
  raw,
  tensor,
  tensorType,
} from "./hostile/proto.ts";
import { HOSTILE } from "./hostile/set.ts";

async function printed(bytes: Uint8Array, width = Number.POSITIVE_INFINITY): Promise<string> {
  const model = await openBytes(bytes);
  return printModel(model, { ...(await printDetails(model)), width });
}

test("a model with everything", async () => {
  const branch = graph([node("Mul", ["x", "two"], ["t"])], {
    name: "then",
    constants: [tensor("two", FLOAT, [], [9, Uint8Array.of(0, 0, 0, 0x40)])],
    outputs: [info("t")],
  });
  const bytes = between(
    [
      node("f", ["x", ""], ["a value", ""], [7, "local"], [3, "call"], [5, attribute("alpha", { float: 1 })]),
      node("Reshape", ["a value", "shape"], ["r"]),
      node(
        "If",
        ["c"],
        ["y"],
        [5, attribute("then_branch", { graph: branch })],
        [
          5,
          attribute("else_branch", {
            graph: graph([node("Identity", ["r"], ["e"])], { outputs: [info("e")] }),
          }),
        ],
      ),
    ],
    {
      inputs: [info("x", tensorType(FLOAT, ["batch", 2])), info("c", tensorType(BOOL, []))],
      constants: [integers("shape", [1], [-1n]), tensor("packed", INT4, [3], raw(0xf1, 0x07))],
      outputs: [info("y", tensorType(FLOAT, ["n", "?"]))],
    },
    {
      opsets: [opset(17), opset(1, "local")],
      more: [
        defined(
          "f",
          ["a", "b"],
          ["c", "d"],
          [node("LeakyRelu", ["a"], ["c"], [5, attribute("alpha", { reference: "alpha" })])],
          imports(17),
          [6, "alpha"],
        ),
      ],
    },
  );
  expect(await printed(bytes)).toBe(
    `ONNX of IR version 8, operators of ai.onnx 17, local 1
made by hostile

graph g
  inputs
        float32[batch,2]     %x
        bool[]               %c
  constants
        int64[1]             %shape = {-1}
        int4[3]              %packed = {1,-1,7}
  nodes
     0  float32[batch,2], _  %"a value", _ = local.f<alpha=1.0>(%x, _) # call
     1  float32[2*batch]     %r = Reshape(%"a value", %shape{-1})
     2  float32[n,"?"]       %y = If(%c)
      then_branch = graph then
        constants
              float32[]         %two = {2.0}
        nodes
           0  float32[batch,2]  %t = Mul(%x, %two{2.0})
        outputs
              float32[batch,2]  %t
      else_branch = graph g
        nodes
           0  float32[2*batch]  %e = Identity(%r)
        outputs
              float32[2*batch]  %e
  outputs
        float32[n,"?"]       %y

function local.f<alpha>, operators of ai.onnx 17
  inputs
        float32[batch,2]  %a
        ?                 %b
  nodes
     0  float32[batch,2]  %c = LeakyRelu<alpha=@alpha>(%a)
  outputs
        float32[batch,2]  %c
        ?                 %d
`,
  );
});

test("folded, every line has the width, and the words are the same", async () => {
  const bytes = readFileSync(MNIST);
  const plain = await printed(bytes);
  for (const width of [80, 120]) {
    const folded = await printed(bytes, width);
    expect(Math.max(...folded.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(folded.replaceAll(/\s+/g, "")).toBe(plain.replaceAll(/\s+/g, ""));
  }
});

test("names that differ are written differently", async () => {
  const names = [
    "a",
    "a b",
    '"a b"',
    "%a",
    "a,b",
    "a=b",
    "",
    "\u0000",
    "\\u0000",
    "é",
    "e\u0301",
    "\u202e",
    "n".repeat(500),
    `${"n".repeat(499)}m`,
    "[1]",
    "{1}",
    "_",
    "#",
  ];
  const bytes = between(names.map((name, i) => node("Relu", ["x"], [name === "" ? `v${i}` : name])));
  const lines = (await printed(bytes)).split("\n").filter((line) => line.includes(" = Relu("));
  expect(new Set(lines.map((line) => line.slice(line.indexOf("%")))).size).toBe(names.length);
});

test("elements of every type", async () => {
  const text = await printed(fixture("types-raw.onnx"));
  expect(text).toMatch(/bool\[.*\] +%.*\{(true|false)/);
  expect(text).toMatch(/string\[.*\] +%.*\{"/);
  expect(text).not.toMatch(/undefined|NaN\b.*undefined|\[object/);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/;

test("of hostile models too, in lines of bounded length that cannot move a terminal's cursor", async () => {
  for (const { name, bytes, siblings } of HOSTILE) {
    const model = await openBytes(bytes, siblings).catch(() => null);
    if (!model) continue;
    const details = await printDetails(model);
    for (const line of modelLines(model, details)) {
      // An expectation a line would take longer than the lines do.
      if (line.length < 20_000 && !UNSAFE.test(line)) continue;
      throw new Error(`${name}: ${line.slice(0, 1_000)}`);
    }
  }
});
