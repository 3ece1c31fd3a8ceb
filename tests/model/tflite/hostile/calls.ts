// Subgraphs that call each other, and what is kept from run to run.
import { i8, i32, type OperatorSpec, type SubgraphSpec, type TensorSpec, text, tfliteFile } from "../file.ts";
import type { HostileTflite } from "./set.ts";

const GRAPH = "MODEL_TFLITE_GRAPH";
const UNSUPPORTED = "MODEL_OPERATORS_UNSUPPORTED";

const shape = [2];
const two: TensorSpec = { shape };

/** A file whose main graph calls subgraph 1, and that what is given. */
function calling(body: Partial<SubgraphSpec>, main: Partial<SubgraphSpec> = {}, branches = [1, 1]) {
  const [then = 1, otherwise = 1] = branches;
  const choose: OperatorSpec = {
    name: "IF",
    inputs: [0, 1],
    outputs: [2],
    options: [92, { 0: i32(then), 1: i32(otherwise) }],
  };
  return tfliteFile([
    {
      tensors: [{ name: "c", type: "BOOL", shape: [] }, two, { name: "y", shape }],
      inputs: [0, 1],
      outputs: [2],
      operators: [choose],
      ...main,
    },
    {
      name: "body",
      tensors: [two, { name: "z", shape }],
      inputs: [0],
      outputs: [1],
      operators: [{ name: "RELU", inputs: [0], outputs: [1] }],
      ...body,
    },
  ]);
}

/** A chain of subgraphs, each of which calls the next so many times. */
function chain(length: number, times = 1): Uint8Array<ArrayBuffer> {
  return tfliteFile(
    Array.from({ length }, (_, i): SubgraphSpec => {
      const calls = Array.from(
        { length: times },
        (_, call): OperatorSpec => ({
          name: "IF",
          inputs: [0, 0, 1 + call],
          outputs: [2 + call],
          options: [92, { 0: i32(i + 1), 1: i32(i + 1) }],
        }),
      );
      return {
        tensors: [
          { name: "c", type: "BOOL", shape: [] },
          ...Array.from({ length: times + 1 }, (_, k): TensorSpec => ({ name: `v${k}`, shape })),
        ],
        inputs: [0, 1],
        outputs: [times + 1],
        operators: i + 1 < length ? calls : [{ name: "RELU", inputs: [1], outputs: [times + 1] }],
      };
    }),
  );
}

const loop = (test: number, body: number): OperatorSpec => ({
  name: "WHILE",
  inputs: [0, 1],
  outputs: [2, 3],
  options: [93, { 0: i32(test), 1: i32(body) }],
});

/** y = WHILE(c, x) of these two subgraphs. */
const repeating = (test: SubgraphSpec, body: SubgraphSpec, operator = loop(1, 2)) =>
  tfliteFile([
    {
      tensors: [
        { name: "c", type: "BOOL", shape: [] },
        two,
        { name: "d", type: "BOOL", shape: [] },
        { name: "y", shape },
      ],
      inputs: [0, 1],
      outputs: [3],
      operators: [operator],
    },
    test,
    body,
  ]);

const pair: readonly TensorSpec[] = [{ name: "c", type: "BOOL", shape: [] }, two];
const test: SubgraphSpec = { name: "test", tensors: pair, inputs: [0, 1], outputs: [0], operators: [] };
const body: SubgraphSpec = {
  name: "body",
  tensors: [...pair, { name: "z", shape }],
  inputs: [0, 1],
  outputs: [0, 2],
  operators: [{ name: "RELU", inputs: [1], outputs: [2] }],
};

const handle: TensorSpec = { name: "v", type: "RESOURCE", shape: [] };
const named = (name: string): OperatorSpec => ({
  name: "VAR_HANDLE",
  inputs: [],
  outputs: [0],
  options: [111, { 1: text(name) }],
});

/** A model of one variable; these operators over: 0 its handle, 1 the input, 2 and 3 others. */
const variable = (operators: readonly OperatorSpec[], more: readonly SubgraphSpec[] = []) =>
  tfliteFile([
    { tensors: [handle, two, two, { name: "y", shape }], inputs: [1], outputs: [3], operators },
    ...more,
  ]);
const read = (from: number, to: number): OperatorSpec => ({
  name: "READ_VARIABLE",
  inputs: [from],
  outputs: [to],
});
const once = (index: number): OperatorSpec => ({
  name: "CALL_ONCE",
  inputs: [],
  outputs: [],
  options: [103, { 0: i32(index) }],
});

export const CALLS: readonly HostileTflite[] = [
  {
    name: "an output of complex numbers",
    bytes: tfliteFile([
      {
        tensors: [two, { name: "y", shape, fields: { 1: i8(8) } }],
        inputs: [0],
        outputs: [1],
        operators: [{ name: "RELU", inputs: [0], outputs: [1] }],
      },
    ]),
    code: UNSUPPORTED,
  },
  { name: "a subgraph that calls itself", bytes: calling({}, {}, [0, 1]), code: UNSUPPORTED },
  { name: "a subgraph that is not there", bytes: calling({}, {}, [1, 2]), code: UNSUPPORTED },
  { name: "a subgraph of a negative number", bytes: calling({}, {}, [-1, 1]), code: UNSUPPORTED },
  {
    name: "a body of more inputs",
    bytes: calling({ tensors: [two, two, two], inputs: [0, 2] }),
    code: UNSUPPORTED,
  },
  { name: "a body of no outputs", bytes: calling({ outputs: [] }), code: UNSUPPORTED },
  {
    name: "a body that reads a tensor of its caller",
    bytes: calling({ operators: [{ name: "RELU", inputs: [2], outputs: [1] }] }),
    code: "MODEL_TFLITE_INDEX",
  },
  {
    name: "two bodies that call each other",
    bytes: calling({
      tensors: [two, { name: "z", shape }, { type: "BOOL", shape: [], data: new Uint8Array(1) }],
      operators: [{ name: "IF", inputs: [2, 0], outputs: [1], options: [92, { 0: i32(1), 1: i32(1) }] }],
    }),
    code: GRAPH,
    says: "calls itself",
  },
  {
    name: "a loop that is its own body",
    bytes: repeating(test, body, loop(1, 0)),
    code: GRAPH,
    says: "calls itself",
  },
  {
    name: "a loop whose condition is no boolean",
    bytes: repeating({ ...test, outputs: [1] }, body),
    code: UNSUPPORTED,
  },
  {
    name: "a loop whose condition gives nothing",
    bytes: repeating({ ...test, outputs: [] }, body),
    code: UNSUPPORTED,
  },
  {
    name: "a loop whose body gives less than it takes",
    bytes: repeating(test, { ...body, outputs: [0] }),
    code: UNSUPPORTED,
  },
  {
    name: "a loop whose body gives another type",
    bytes: repeating(test, { ...body, outputs: [2, 0] }),
    code: UNSUPPORTED,
  },
  { name: "a chain of 60 subgraphs", bytes: chain(60), code: GRAPH, says: "deep" },
  { name: "a chain of 2,000 subgraphs", bytes: chain(2_000), code: GRAPH, says: "deep" },
  { name: "40 subgraphs that each call the next twice", bytes: chain(40, 1), code: GRAPH, says: "so often" },
  {
    name: "5 subgraphs that each call the next 100 times",
    bytes: chain(5, 100),
    code: GRAPH,
    says: "so often",
  },
  { name: "a variable that is read through no handle", bytes: variable([read(1, 3)]), code: UNSUPPORTED },
  {
    name: "a variable without a tensor",
    bytes: variable([named("v"), { name: "ASSIGN_VARIABLE", inputs: [0], outputs: [] }, read(0, 3)]),
    code: UNSUPPORTED,
  },
  {
    name: "a variable of two types",
    bytes: tfliteFile([
      {
        tensors: [handle, two, { type: "INT32", shape: [3] }, { name: "y", shape }],
        inputs: [1],
        outputs: [2, 3],
        operators: [
          named("v"),
          read(0, 3),
          { name: "READ_VARIABLE", inputs: [0], outputs: [2] },
          { name: "ASSIGN_VARIABLE", inputs: [0, 1], outputs: [] },
        ],
      },
    ]),
    code: UNSUPPORTED,
  },
  { name: "variables called by words of the language", bytes: variable([named("__proto__"), read(0, 3)]) },
  {
    name: "what runs once calls the model",
    bytes: variable([once(0), named("v"), read(0, 3)]),
    code: UNSUPPORTED,
  },
  {
    name: "what runs once is not there",
    bytes: variable([once(7), named("v"), read(0, 3)]),
    code: UNSUPPORTED,
  },
];
