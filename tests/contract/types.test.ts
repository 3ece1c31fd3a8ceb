// The declarations that `types` writes, held to the compiler that people use.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Contract, generateTypes } from "../../src/model/contract/index.ts";
import { DTYPES, type DType, type Signature } from "../../src/model/tensor/index.ts";
import { TASKS } from "../../src/run/tasks/index.ts";
import { EMPTY, ROOT } from "../tasks/task.ts";
import { infer } from "./models.ts";

/** What the compiler says of a file of declarations and a program that uses them. */
function compile(types: string, program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  try {
    writeFileSync(join(folder, "model.ts"), types);
    writeFileSync(join(folder, "program.ts"), program);
    const flags = [
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "esnext",
      "--moduleResolution",
      "bundler",
    ];
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const files = [join(folder, "model.ts"), join(folder, "program.ts")];
    return spawnSync(process.execPath, [tsc, ...flags, "--types", "", ...files], {
      cwd: folder,
      encoding: "utf8",
    }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TASKS_LOADED = await Promise.all(TASKS.map((task) => task.load()));
const answerOf = (id: string) => TASKS_LOADED.find((task) => task.id === id)?.answer ?? {};

test("a classifier's, used rightly and wrongly", async () => {
  const { contract, signature } = await infer("plain");
  const types = generateTypes("my-net 2", { signature, contract, answer: answerOf("image-classification") });
  const right = `import type { MyNet2Inputs, MyNet2Outputs, MyNet2Answer } from "./model";
export const x: MyNet2Inputs = { x: { dtype: "float32", shape: [1, 3, 32, 48], data: new Float32Array(1) } };
export const label = (answer: MyNet2Answer): string => answer[0]?.label ?? "";
export const scores = (out: MyNet2Outputs): Float32Array => out.y.data;
`;
  expect(compile(types, right)).toBe("");
  const wrong = right.replace("new Float32Array(1)", "[1]").replace("answer[0]?.label", "answer[0]?.name");
  const said = compile(types, wrong);
  expect(said).toContain("program.ts(2,");
  expect(said).toContain("Property 'name' does not exist");
});

test("names that would end a comment, begin a line or are no identifier; every type; every task's answer", () => {
  const odd = [
    "a*/b",
    "c\nd",
    'e"f',
    "g\\h",
    "__proto__",
    "größer",
    "onnx::Flatten_0",
    "1",
    "",
    "\u2028x",
    "`y`",
    "//",
  ];
  const dtypes = Object.keys(DTYPES) as DType[];
  const signature: Signature = {
    inputs: [
      ...odd.map((name) => ({ name, dtype: "int64" as const, shape: ["*/ evil", null, 3] })),
      ...dtypes.map((dtype) => ({ name: dtype, dtype, shape: [] })),
    ],
    outputs: [{ name: "out", dtype: "string", shape: null }],
  };
  const contract: Contract = {
    ...EMPTY,
    inputs: Object.fromEntries(odd.map((tensor, i) => [`i${i}`, { kind: "tensor", tensor }])),
  };
  const types = TASKS_LOADED.map(({ id, answer }, i) =>
    generateTypes(`*/ 5\nx ${i}`, { signature, contract: { ...contract, task: id }, answer }),
  );
  const names = TASKS.map((_, i) => `Model5X${i}`);
  const program = `import type { Model5X0Inputs, Model5X0Outputs, ${names.map((name) => `${name}Answer`).join(", ")} } from "./model";
export const odd = (x: Model5X0Inputs): bigint | undefined => x["a*/b"].data[0] ?? x["c\\nd"].data[0] ?? x["größer"].data[0];
export const half = (x: Model5X0Inputs): Uint16Array => x.float16.data;
export const words = (x: Model5X0Outputs): string[] => x.out.data;
export const anything = (${names.map((name, i) => `x${i}: ${name}Answer`).join(", ")}): unknown => x0;
`;
  expect(compile(types.join("\n"), program), types.join("\n")).toBe("");
});

test("what the server itself feeds, states and constants, is not asked for", async () => {
  const { contract, signature } = await infer("memory");
  const types = generateTypes("vad", { signature, contract, answer: answerOf("voice-activity-detection") });
  const program = `import type { VadInputs, VadAnswer, VadOutputs } from "./model";
export const only: keyof VadInputs = "audio";
export const all: VadInputs = { audio: { dtype: "float32", shape: [1, 160], data: new Float32Array(160) } };
export const none = (out: VadOutputs): keyof typeof out => "p";
export const end = (answer: VadAnswer): number => answer.segments[0]?.end ?? answer.frames[0] ?? 0;
`;
  expect(compile(types, program)).toBe("");
  expect(compile(types, program.replace('"audio";', '"h";'))).toContain("program.ts(2,");
});
