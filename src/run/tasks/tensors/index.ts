import { fail } from "../../../base/errors/index.ts";
import { meaningWanted, pictureOf } from "../../../model/contract/wanted.ts";
import type { Tensors } from "../../../model/tensor/index.ts";
import { describeInput, mainSession } from "../inputs.ts";
import type { Task, TaskContext, TaskEvent, TaskInput } from "../task.ts";
import { type NamedTensor, toAnswer } from "./answer.ts";
import { askedOf, bringsStates, framesOf } from "./frames.ts";
import { head } from "./head.ts";
import { expectedOf, tensorsFromJson } from "./read.ts";
import { nest } from "./values.ts";

/** Values of a tensor that are printed for a person. */
const MAX_PRINTED = 24;
/** Numbers of an example: a picture of 640×640 in three colours, twice. More would be a request of megabytes at one click. */
const MAX_EXAMPLE = 2_500_000;

/** A model without a known meaning: named tensors in, named tensors out. */
export const tensors: Task = {
  ...head,
  accepts: { kind: "tensors", mediaTypes: ["application/json"] },
  options: [],
  answer: {
    type: "object",
    description: "Every output of the model by its name.",
    additionalProperties: {
      type: "object",
      required: ["dtype", "shape", "data"],
      properties: {
        dtype: { type: "string", description: "Element type, e.g. float32." },
        shape: { type: "array", items: { type: "integer", minimum: 0 } },
        data: { description: "Nested lists of this shape; the value itself for a scalar." },
      },
    },
  },
  async *run(context, input, signal) {
    const session = mainSession(context);
    const feeds = await readTensors(input, context);
    // What brings no states is the first frame of a stream that nobody continues.
    const isStateful = Object.keys(context.contract.states).length > 0;
    const runner = isStateful && !bringsStates(context.contract, feeds) ? session.stream() : session;
    const { outputs, warnings } = readable(context);
    yield answerOf(await runner.run(feeds, { ...outputs, ...(signal && { signal }) }), warnings);
  },
  follow(context) {
    const { contract } = context;
    if (Object.keys(contract.states).length === 0) return null;
    const session = mainSession(context);
    const asked = askedOf(contract, session.signature);
    const stream = session.stream();
    return {
      frames: (given) => framesOf(given, session.signature, asked),
      async *run(frame, signal) {
        yield answerOf(await stream.run(await readTensors(frame, context), signal ? { signal } : {}));
      },
    };
  },
  async example(contract, signature) {
    if (!signature) return null;
    const inputs: Record<string, unknown> = {};
    let all = 0;
    for (const { name, dtype, shape } of askedOf(contract, signature).inputs) {
      const dims = (shape ?? []).map((dim) => (typeof dim === "number" ? dim : 1));
      const count = dims.reduce((product, dim) => product * dim, 1);
      all += count;
      if (all > MAX_EXAMPLE) return null;
      // Texts are often read as numbers, which an empty one is not.
      const zero = dtype === "string" ? "0" : dtype === "bool" ? false : 0;
      inputs[name] = nest(Array(count).fill(zero), dims);
    }
    const bytes = new TextEncoder().encode(JSON.stringify({ inputs }));
    return { mediaType: "application/json", bytes, name: "zeros.json" };
  },
  print: (answer) =>
    Object.entries(answer as Record<string, NamedTensor>)
      .map(([name, tensor]) => printTensor(name, tensor))
      .join("\n"),
};

/** Also a picture, where the model is known to take one: what it answers are numbers all the same. */
async function readTensors(input: TaskInput, context: TaskContext): Promise<Tensors> {
  const { signature } = mainSession(context);
  const asked = askedOf(context.contract, signature);
  if (input.kind === "tensors") return input.tensors;
  if (input.kind === "json") return tensorsFromJson(input.value, signature, asked, input.exactly);
  const picture = pictureOf(context.contract);
  if (picture) {
    const { feedPicture } = await import("../picture-input.ts");
    const { tensor } = await feedPicture(context, input, picture);
    return { [picture.tensor]: tensor };
  }
  throw fail("TASK_MEANING", {
    expected: expectedOf(asked),
    given: describeInput(input),
    wanted: meaningWanted(signature, context.contract),
  });
}

function answerOf(outputs: Tensors, warnings: readonly string[] = []): TaskEvent {
  return { type: "answer", value: toAnswer(outputs), warnings };
}

/** Where the session cannot give every output that the contract names: those that it can, and a warning of the others. */
function readable(context: TaskContext): { outputs: { outputs?: readonly string[] }; warnings: string[] } {
  const given = mainSession(context).signature.outputs.map(({ name }) => name);
  const named = Object.values(context.contract.outputs).flatMap((each) =>
    "tensor" in each ? [each.tensor] : [],
  );
  const missing = named.filter((name) => !given.includes(name));
  if (missing.length === 0 || given.length === 0) return { outputs: {}, warnings: [] };
  const which = missing.map((name) => JSON.stringify(name)).join(", ");
  const warning = `The answer lacks ${which}: sequences, maps and types under 8 bits cannot be read from the runtime. The exporter may be able to give tensors instead (skl2onnx: zipmap=False).`;
  return { outputs: { outputs: given }, warnings: [warning] };
}

function printTensor(name: string, { dtype, shape, data }: NamedTensor): string {
  const flat = Array.isArray(data) ? data.flat(Number.POSITIVE_INFINITY) : [data];
  const shown = flat
    .slice(0, MAX_PRINTED)
    .map((value) => (typeof value === "number" ? short(value) : JSON.stringify(value)));
  const rest = flat.length > shown.length ? ` … and ${flat.length - shown.length} more` : "";
  return `${name}  ${dtype} [${shape.join(", ")}]\n  ${shown.join(" ")}${rest}`;
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(6);
}
