import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  importConfigPbtxt,
  parseConfigPbtxt,
  parseModelYaml,
  readDeclared,
  withModelFile,
} from "../../src/model/contract/index.ts";
import { HAS_MODELS, MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { infer } from "./models.ts";

const parse = (text: string) => parseConfigPbtxt(text, "config.pbtxt");
const take = (text: string) => importConfigPbtxt(parse(text), "config.pbtxt");

describe("the text format of protobuf", () => {
  test("scalars, lists, messages, comments and separators", () => {
    const message = parse(`
# a comment with { and "
name: "a\\tb\\"\\x41\\101\\u0042" 'and \\'more\\''  # behind
count: -12, size: 0x1F; real: 1.5e3f
flag: true kind: KIND_CPU
dims: [ 1, -1, 16 ]
dims: 3
empty: []
one { two < three: 4 > two: { three: 5 } }
list [ { a: 1 }, { a: 2 } ]
`);
    const values = (name: string) =>
      message.get(name)?.map((each) => (each.kind === "message" ? each.kind : each.value));
    expect(values("count")).toEqual([-12]);
    expect(values("size")).toEqual([31]);
    expect(values("real")).toEqual([1500]);
    expect(values("flag")).toEqual(["true"]);
    expect(values("kind")).toEqual(["KIND_CPU"]);
    expect(values("dims")).toEqual([1, -1, 16, 3]);
    expect(values("empty")).toEqual([]);
    expect(values("list")).toEqual(["message", "message"]);
    const [one] = message.get("one") ?? [];
    const two = one?.kind === "message" ? one.value.get("two") : [];
    expect(two?.map((each) => each.kind === "message" && each.value.get("three")?.[0]?.value)).toEqual([
      4, 5,
    ]);
    expect(message.get("list")?.[0]?.line).toBe(10);
  });

  test.each([
    ["name:", 1],
    ["name: }", 1],
    ["name 5", 1],
    ["a: 1\nb { c: 2", 2],
    ["a: 1\n\n}", 3],
    ['name: "open', 1],
    ['name: "line\nbreak"', 1],
    ["dims: [1 2]", 1],
    ["dims: [1,", 1],
    ["a: 1\n5: 2", 2],
    ["a: §", 1],
    ["{", 1],
    ["<!DOCTYPE html>", 1],
    ["a {".repeat(10_000), 1],
  ])("%j is refused in line %i", (text, line) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: "CONTRACT_PBTXT", where: `config.pbtxt:${line}` }),
    );
  });

  test("what is far too large", () => {
    expect(() => parse(" ".repeat(2 ** 22 + 1))).toThrow(
      expect.objectContaining({ code: "CONTRACT_TOO_LARGE" }),
    );
  });
});

describe("config.pbtxt", () => {
  test("limits, labels, states and instances are taken over", async () => {
    const file = take(`
name: "memory" platform: "onnxruntime_onnx" backend: "onnxruntime"
max_batch_size: 8
input [ { name: "audio" data_type: TYPE_FP32 dims: [ 160 ] format: FORMAT_NONE optional: false } ]
output { name: "p" data_type: TYPE_FP32 dims: 1 label_filename: "labels.txt" }
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
instance_group [ { count: 2 kind: KIND_CPU }, { count: 1 } ]
version_policy: { all { } }
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  state [ { input_name: "h" output_name: "hn" data_type: TYPE_FP32 dims: [ 1 ]
            initial_state: { data_type: TYPE_FP32 dims: [ 1 ] zero_data: true name: "zero" } } ]
}`);
    expect(file).toEqual({
      name: "memory",
      outputs: { classes: { kind: "scores", tensor: "p", labels: "labels.txt" } },
      states: { h: { input: "h", output: "hn", start: "zero" } },
      serving: { max_batch: 8, instances: 3 },
    });
    const { contract, signature } = await infer("memory");
    const merged = withModelFile(contract, file, signature);
    expect(merged.outputs.classes).toMatchObject({ kind: "scores", tensor: "p", labels: "labels.txt" });
    expect(merged.states).toEqual(contract.states);
  });

  test("max_batch_size 0 forbids merging; nothing said leaves it open", () => {
    expect(take("max_batch_size: 0").serving).toEqual({ max_batch: 0 });
    expect(take('name: "x"')).toEqual({ name: "x" });
  });

  test.each([
    ['platform: "tensorrt_plan"', 1, "platform tensorrt_plan", "only onnxruntime_onnx"],
    ['backend: "python"', 1, "backend python"],
    ["max_batch_size: -1", 1, "max_batch_size"],
    ["max_batch_size: 1.5", 1, "max_batch_size"],
    ['max_batch_size: "8"', 1, "max_batch_size"],
    ['ensemble_scheduling { step [ { model_name: "a" } ] }', 1, "ensemble_scheduling", "pipeline.yaml"],
    [
      'sequence_batching {\n  control_input [ { name: "START" } ]\n}',
      2,
      "sequence_batching.control_input",
      "not fed yet",
    ],
    ['sequence_batching { state { initial_state { data_file: "x" } } }', 1, "data_file"],
    ["sequence_batching { state { initial_state { zero_data: false } } }", 1, "zero_data"],
    ["input { reshape { shape: [ 1 ] } }", 1, "reshape"],
    ["input { allow_ragged_batch: true }", 1, "allow_ragged_batch"],
    ["input { optional: true }", 1, "optional"],
    ["input { is_shape_tensor: true }", 1, "is_shape_tensor"],
    ["input { format: FORMAT_LINEAR }", 1, "format"],
    ["instance_group { kind: KIND_GPU }", 1, "instance_group.kind KIND_GPU", "--device"],
    ["instance_group { count: 0 }", 1, "instance_group.count"],
    ["version_policy { latest { num_versions: 1 } }", 1, "version_policy.latest"],
    ["version_policy { specific { versions: 1 } }", 1, "version_policy.specific"],
    ["model_transaction_policy { decoupled: true }", 1, "decoupled", "one answer"],
    ['parameters { key: "a" }', 1, "parameters", "model.yaml"],
    ['default_model_filename: "other.onnx"', 1, "default_model_filename"],
    ["\nmodel_warmup { }", 2, "model_warmup", "not supported yet"],
    ["constructor: 1", 1, "constructor"],
    ["input: 5", 1, "input"],
    ["output: 5", 1, "output"],
    ["name { }", 1, "name"],
  ] as const)("%j is refused with the reason", (text, line, ...parts) => {
    expect(() => take(text)).toThrow(
      expect.objectContaining({
        code: "CONTRACT_PBTXT_UNSUPPORTED",
        where: `config.pbtxt:${line}`,
        message: expect.stringMatching(new RegExp(parts.join(".*"))),
      }),
    );
  });

  // What google.protobuf.text_format says of the same: Message type … should not have multiple "…" fields.
  test.each([
    ["max_batch_size: 8\nmax_batch_size: 0", 2, "max_batch_size"],
    ["max_batch_size: [ 8,\n 4 ]", 2, "max_batch_size"],
    ['name: "a" name: "a"', 1, "name"],
    ["dynamic_batching { }\n\ndynamic_batching { }", 3, "dynamic_batching"],
    ["sequence_batching { }\nsequence_batching { }", 2, "sequence_batching"],
    ['output { name: "y"\n label_filename: "a"\n label_filename: "b" }', 3, "output.label_filename"],
    ["instance_group { count: 1\n count: 2 }", 2, "instance_group.count"],
  ])("%j gives a field twice", (text, line, field) => {
    expect(() => take(text)).toThrow(
      expect.objectContaining({
        code: "CONTRACT_PBTXT",
        where: `config.pbtxt:${line}`,
        message: expect.stringContaining(`${field} is given twice`),
      }),
    );
  });

  test("what may come several times does", () => {
    const file = take(`
input { name: "a" dims: 1 dims: 2 } input { name: "b" dims: [ 1, 2 ] } output { name: "c" } output { name: "d" }
instance_group { count: 1 } instance_group { count: 2 }
dynamic_batching { preferred_batch_size: 2 preferred_batch_size: 4 }
sequence_batching { state { input_name: "h" output_name: "hn" } state { input_name: "c" output_name: "cn" } }`);
    expect(file.serving).toEqual({ instances: 3 });
    expect(Object.keys(file.states ?? {})).toEqual(["h", "c"]);
  });

  test.skipIf(!HAS_MODELS)(`those of Triton's own repository${HAS_MODELS ? "" : ` (${NO_MODELS})`}`, () => {
    const folder = join(MODELS, "triton");
    const taken = readdirSync(folder).map((name) => {
      const path = join(folder, name, "config.pbtxt");
      try {
        return [name, importConfigPbtxt(parseConfigPbtxt(readFileSync(path, "utf8"), path), path).serving];
      } catch (error) {
        return [name, (error as { code: string }).code];
      }
    });
    expect(Object.fromEntries(taken)).toEqual({
      simple: { max_batch: 8 },
      simple_int8: { max_batch: 8 },
      simple_string: { max_batch: 8 },
      simple_dyna_sequence: "CONTRACT_PBTXT_UNSUPPORTED",
    });
  });

  test.each([
    ['name: "x"\ninput { name: "i" dims: 1 }', 2, "no data_type"],
    ['input { name: "i" data_type: TYPE_FP32 }', 1, "no dims"],
    ["input { data_type: TYPE_FP32 dims: 1 }", 1, "no name"],
    ['input { name: "i" data_type: TYPE_FLOAT dims: 1 }', 1, "TYPE_FLOAT"],
    ['output { name: "i" data_type: TYPE_FP32\n dims: [ 1, 0 ] }', 2, "no whole number from 1"],
    ['output { name: "i" data_type: TYPE_FP32 dims: [ 1.5 ] }', 1, "no whole number from 1"],
  ])("%j does not describe a tensor", (text, line, part) => {
    expect(() => readDeclared(parse(text), "config.pbtxt")).toThrow(
      expect.objectContaining({
        code: "CONTRACT_PBTXT_MISFIT",
        where: `config.pbtxt:${line}`,
        message: expect.stringContaining(part),
      }),
    );
  });

  test("model.yaml counts more", async () => {
    const { contract, signature } = await infer("plain");
    const pbtxt = take('output { name: "y" label_filename: "theirs.txt" }');
    const own = parseModelYaml("outputs: { classes: { kind: scores, labels: mine.txt } }", "model.yaml");
    expect(withModelFile(contract, { ...pbtxt, ...own }, signature).outputs.classes).toMatchObject({
      labels: "mine.txt",
    });
  });
});
