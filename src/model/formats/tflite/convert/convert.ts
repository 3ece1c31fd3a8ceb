import type { ByteSource } from "../../../../base/sources/source.ts";
import type { Graph, Lowered, Model, Value, ValueType } from "../../../graph/graph.ts";
import { type CarriedState, Names, writeStates } from "../../../graph/index.ts";
import type { TfliteFile, TfliteTensor } from "../file/model.ts";
import { typeOf } from "../file/type.ts";
import { nameSignature } from "../names.ts";
import { type State, statesOf } from "../states.ts";
import { answersOf } from "./answers.ts";
import { Build } from "./build.ts";
import { type Context, checkRefused, impossible } from "./context.ts";
import { lowerOperators } from "./lower.ts";
import { isQuantized } from "./quantized.ts";
import { Refusal } from "./refusal.ts";

/** Operators are written in this version of ai.onnx: the first with 4-bit and 16-bit quantisation. */
const OPSET = 21;
/** The version of ONNX that it came with, and the newest, which newer operators need. */
const IR_VERSION = 10;
const NEWEST_IR_VERSION = 13;

/**
 * The model in ONNX operators: the same inputs and outputs by name, order, type, shape and layout.
 * @throws MODEL_OPERATORS_UNSUPPORTED, MODEL_TFLITE_*, MODEL_TOO_MANY_NODES, and what reading small constants throws
 */
export async function convertTflite(
  file: TfliteFile,
  native: Model,
  source: ByteSource,
  signal?: AbortSignal,
): Promise<Lowered> {
  const [main] = file.subgraphs;
  if (!main) throw new Error("a TFLite file without a subgraph was let through");
  const graph: Graph = {
    name: main.name || "main",
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent: null,
  };
  const { toOnnx: _, ownFile: __, ...rest } = native;
  const model: Model = {
    ...rest,
    format: "onnx",
    irVersion: IR_VERSION,
    opsets: new Map([["", OPSET]]),
    metadata: new Map(native.metadata),
    graph,
    functions: [],
  };
  const context: Context = {
    file,
    operators: file.subgraphs.reduce((sum, { operators }) => sum + operators.length, 0),
    source,
    names: new Names(),
    answers: answersOf(main),
    signal,
    approximations: new Set(),
    refused: [],
    count: { nodes: 0, bodies: 0, lookups: 0 },
    starts: new Map(),
    held: new Map(),
    tables: new Map(),
    opsets: model.opsets,
  };
  if (main.outputs.length === 0) throw impossible(context, main.byte, "it has no outputs");
  const build = new Build(context, main, graph, lowerOperators);
  const kept = statesOf(file);
  const signature = nameSignature(main, kept, context.names);
  // An input that has a content is a constant to whoever runs the file, and nothing that must be fed.
  for (const [i, tensor] of main.inputs.entries())
    if (!build.constantOf(tensor)) build.declare(tensor, signature.inputs[i] as string);
  for (const [i, tensor] of main.outputs.entries()) build.keep(tensor, signature.outputs[i] as string);
  const states = signature.states.map(({ input, output }, i) =>
    declareState(build, kept[i] as State, input, output),
  );
  await lowerOperators(build);
  checkRefused(context);
  graph.outputs = main.outputs.map((tensor, i) => {
    const name = signature.outputs[i] as string;
    return given(build, tensor, () =>
      typed(build.resultOf(build.stored(tensor), name, name), typeOf(tensor)),
    );
  });
  for (const { state, input, next } of states)
    graph.outputs.push(
      given(build, state.tensor, () =>
        typed(build.resultOf(afterRun(build, state, input), next, next), state.type),
      ),
    );
  build.finish();
  if ((model.opsets.get("") ?? 0) > OPSET) model.irVersion = NEWEST_IR_VERSION;
  writeStates(model.metadata, states.map(carried));
  return { model, approximations: [...context.approximations] };
}

/** What stands for an output. @throws MODEL_OPERATORS_UNSUPPORTED, for the operator that makes it, where that is refused */
function given({ context, subgraph }: Build, tensor: TfliteTensor, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const maker = subgraph.operators.find(({ outputs }) => outputs.includes(tensor));
    if (maker) context.refused.push({ operator: maker, reason: error.message });
    checkRefused(context);
    throw impossible(context, tensor.byte, `of an output, ${error.message}`);
  }
}

interface Declared {
  readonly state: State;
  readonly input: Value;
  /** Name that the output gets. */
  readonly next: string;
}

/** A state as one more input, and a name kept for its output. */
function declareState(build: Build, state: State, name: string, next: string): Declared {
  const { tensor, resource, type } = state;
  build.keepName(next);
  if (resource === null) return { state, input: build.declare(tensor, name), next };
  const input = build.named(name, type);
  build.resources.set(resource, input);
  build.context.held.set(resource, tensor.type);
  return { state, input, next };
}

function typed(value: Value, type: ValueType | null): Value {
  value.type = type;
  return value;
}

/** What a state is after a run, counted from what it began with. */
function afterRun(build: Build, { tensor, resource }: State, input: Value): Value {
  if (resource === null) return build.stored(tensor);
  const value = build.resources.get(resource) as Value;
  const start = build.context.starts.get(resource);
  if (!start) return value;
  return value === start.value ? input : build.node("Sub", [value, start.constant]);
}

/** A state as the model's metadata has it. */
function carried({ state, input, next }: Declared): CarriedState {
  const { tensor } = state;
  const start = isQuantized(tensor) ? (tensor.quantization.zeroPoint[0] ?? 0) : 0;
  return { input: input.name, output: next, ...(start !== 0 && { start }) };
}
