import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chainModel } from "../../bench/inspect/models.js";
import { emptyFolder, modelyard, ROOT } from "./modelyard.ts";

const TWO = "tests/fixtures/runtime/two-inputs.onnx";
const SEVEN = "examples/models/mnist/seven.png";
const ODD = "tests/fixtures/serve/odd-names.onnx";

async function codeOf(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await modelyard([...args, "--json"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  const { error } = JSON.parse(stderr) as { error: { code: string; message: string; hint: string } };
  expect(error.message).not.toBe("");
  expect(error.hint).not.toBe("");
  return error.code;
}

test("what is missing or wrong on the command line is said with what to do", async () => {
  const folder = emptyFolder();
  const broken = join(folder, "broken.json");
  writeFileSync(broken, '{"x": [1,');
  expect(await codeOf(["run", "examples/models/mnist"])).toBe("RUN_COMMAND_NO_INPUT");
  expect(await codeOf(["run", TWO, "--input", "nobody=x.npy"])).toBe("RUN_COMMAND_NO_SUCH_INPUT");
  expect(await codeOf(["run", TWO, broken])).toBe("TASK_INPUT_NOT_JSON");
  expect(await codeOf(["run", TWO, join(folder, "missing.json")])).toBe("FILE_NOT_FOUND");
  expect(await codeOf(["serve", "examples/models/mnist", "--port", "80800"])).toBe("SERVE_NOT_A_PORT");
  expect(await codeOf(["serve", "examples/models/mnist", "--port", "http"])).toBe("SERVE_NOT_A_PORT");
  expect(await codeOf(["predictions", "--limit", "many", "--data", folder])).toBe("STORE_QUERY");
  expect(await codeOf(["serve", join(folder, "nowhere"), "--port", "0"])).toBe("FILE_NOT_FOUND");
});

test("a text that is given itself is asked for in a file", async () => {
  const folder = emptyFolder();
  copyFileSync("tests/fixtures/serve/identity-float32.onnx", join(folder, "model.onnx"));
  writeFileSync(join(folder, "words.txt"), "good\nbad\n");
  writeFileSync(
    join(folder, "model.yaml"),
    `task: text-classification
inputs:
  words: { kind: text, tensors: { ids: x }, tokenizer: { kind: whitespace, vocabulary: words.txt } }
outputs:
  mood: { kind: scores, tensor: y }
`,
  );
  const text = "A wonderful film.";
  const { code, stderr } = await modelyard(["run", folder, text, "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr).error).toMatchObject({
    code: "RUN_COMMAND_NO_TEXT_FILE",
    message: expect.stringContaining(text),
    hint: expect.stringContaining('{"inputs": "…"}'),
  });
  expect(await codeOf(["run", folder, text.repeat(50)])).toBe("RUN_COMMAND_NO_TEXT_FILE");
});

/** NumPy's file of a float32 vector, as its format page has it (version 1.0). */
function npy(values: readonly number[]): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`;
  const header = `${text.padEnd(64 * Math.ceil((10 + text.length + 1) / 64) - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.from(Float32Array.from(values).buffer)]);
}

test("a tensor from .npy goes to an input whatever its name holds", async () => {
  const path = join(emptyFolder(), "x=1.npy");
  writeFileSync(path, npy([1.5, -2, 3]));
  const { stdout, stderr, code } = await modelyard([
    "run",
    ODD,
    "--input",
    `in: 100%/größer=${path}`,
    "--json",
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ "out put": { dtype: "float32", shape: [3], data: [1.5, -2, 3] } });
});

/** Compiles a program under strict TypeScript; what the compiler says, "" where it is content. */
function compile(files: Readonly<Record<string, string>>): string {
  const folder = emptyFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/modelyard"));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022,dom",
  ];
  const { stdout } = spawnSync(
    process.execPath,
    [tsc, ...options, "--allowImportingTsExtensions", "use.ts"],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  return stdout;
}

test("types hold a program to the model: what fits compiles, what does not fit does not", async () => {
  const { stdout } = await modelyard(["types", "examples/models/mnist"]);
  const names = [...stdout.matchAll(/export (?:interface|type) (\w+)/g)].map((match) => match[1] ?? "");
  const answer = names.find((name) => /Answer|Output/.test(name)) ?? "";
  expect(answer).not.toBe("");
  expect(
    compile({ "model.ts": stdout, "use.ts": `import type { ${names.join(", ")} } from "./model.ts";` }),
  ).toBe("");
  const wrong = `import type { ${answer} } from "./model.ts";\nexport const wrong: ${answer} = { nonsense: true };`;
  expect(compile({ "model.ts": stdout, "use.ts": wrong })).toContain("error TS");
});

test("types of odd names, of several inputs and of every element type compile", async () => {
  for (const path of [ODD, TWO, "tests/fixtures/runtime/every-type.onnx", "tests/fixtures/serve/sum.onnx"]) {
    const { stdout, code } = await modelyard(["types", path]);
    expect(code).toBe(0);
    expect(compile({ "use.ts": stdout }), path).toBe("");
  }
});

test("a warning goes to stderr, the answer to stdout", async () => {
  const line = "examples/models/read-text/line.png";
  const { stdout, stderr, code } = await modelyard(["run", "examples/models/mnist", line]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^warning: The picture is 646×75/);
  expect(stdout).not.toContain("warning");
  const json = await modelyard(["run", "examples/models/mnist", line, "--json"]);
  expect(JSON.parse(json.stdout)).toHaveLength(5);
  const lines = json.stderr.trimEnd().split("\n");
  expect(lines.map((each) => JSON.parse(each))).toEqual(
    stderr
      .trimEnd()
      .split("\n")
      .map((each) => ({ warning: each.replace("warning: ", "") })),
  );
  const two = await modelyard(["run", "examples/models/mnist", line, SEVEN, "--json"]);
  for (const each of two.stderr.trimEnd().split("\n"))
    expect(JSON.parse(each)).toMatchObject({ input: line });
  expect(readFileSync(join(ROOT, line)).length).toBeGreaterThan(0);
});

test("a digit of dark strokes is warned of with the option that `run` takes, and is read with it", async () => {
  const dark = "tests/fixtures/tasks/seven-dark.png";
  const { stderr } = await modelyard(["run", "examples/models/mnist", dark]);
  const [, name = "", value = ""] = /`(--option) (\S+)` of `run`/.exec(stderr) ?? [];
  expect([name, value]).toEqual(["--option", "invert=true"]);
  const args = ["run", "examples/models/mnist", dark, "--json"];
  const inverted = await modelyard([...args, name, value, "--option", "top=2"]);
  expect(inverted.stderr).toBe("");
  const answer = JSON.parse(inverted.stdout) as { label: string }[];
  expect(answer).toHaveLength(2);
  expect(answer[0]?.label).toBe("7");
  expect(await codeOf([...args, "--option", "invert"])).toBe("RUN_COMMAND_OPTION");
  expect(await codeOf([...args, "--option", "=true"])).toBe("RUN_COMMAND_OPTION");
  expect(await codeOf([...args, "--option", "invert=yes"])).toBe("TASK_OPTION");
  const { code, stderr: refusal } = await modelyard([...args, "--option", "invrt=true"]);
  expect(code).toBe(1);
  expect(JSON.parse(refusal).error).toMatchObject({
    code: "TASK_OPTION_UNKNOWN",
    message: "The task image-classification has no option invrt.",
    hint: "Its options are: top, top_k, invert, function_to_apply.",
  });
});

test("the largest graph that the runtime is given answers; one node more is refused by a named limit", async () => {
  const folder = emptyFolder();
  const input = join(folder, "x.json");
  writeFileSync(input, '{ "x": [-1.5, 2.5] }');
  const path = (nodes: number) => {
    const file = join(folder, `${nodes}.onnx`);
    writeFileSync(file, chainModel(nodes));
    return file;
  };
  const { stdout, stderr } = await modelyard(["run", path(25_000), input, "--json"]);
  expect(JSON.parse(stdout || stderr).y).toEqual({ dtype: "float32", shape: [2], data: [0, 2.5] });
  expect(await codeOf(["run", path(25_001), input])).toBe("RUN_GRAPH_TOO_LARGE");
});

test("an answer is drawn where it has a place in one picture", async () => {
  const seven = "examples/models/mnist/seven.png";
  const out = join(emptyFolder(), "out.png");
  for (const args of [
    ["examples/models/mnist", seven],
    ["examples/models/mnist", seven, seven],
  ]) {
    const { code, stderr } = await modelyard(["run", ...args, "-o", out, "--json"]);
    expect([code, JSON.parse(stderr).error.code]).toEqual([1, "RUN_COMMAND_DRAWING"]);
  }
  expect(existsSync(out)).toBe(false);
});
