// A small catalogue over onnxruntime-node: real models and real answers, run in the test's own thread.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { fail, fromPlainError } from "../../src/base/errors/index.ts";
import type { Contract } from "../../src/model/contract/contract.ts";
import type { DType } from "../../src/model/tensor/dtype.ts";
import type { Signature, Tensor, Tensors } from "../../src/model/tensor/tensor.ts";
import type { Catalogue, Lease, ModelCard, ModelStatus } from "../../src/run/pipeline/catalogue.ts";
import "../runtime/bare.ts";

export const SHARED = process.env.MODELYARD_SHARED ?? join(import.meta.dirname, "..", "..", "..", "shared");
export const MODELS = join(SHARED, "models");
export const HAS_MODELS = existsSync(join(MODELS, "triton"));
export const NO_MODELS = `no models in ${MODELS} (set MODELYARD_SHARED)`;

type RunOptions = Parameters<Lease["infer"]>[1];

/** Holds runs back for as long as a test wants, which no machine can be too fast or too slow for. */
export class Gate {
  #waiting: (() => void)[] = [];
  #isShut = false;

  /** Runs that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  shut(): void {
    this.#isShut = true;
  }

  open(): void {
    this.#isShut = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async pass(): Promise<void> {
    if (this.#isShut) await new Promise<void>((go) => this.#waiting.push(go));
  }
}

export interface TestModel {
  /** What the card says of every tensor, in place of the truth: a type that the runtime's own API cannot carry. */
  readonly dtype?: DType;
  name: string;
  version?: string;
  path: string;
  contract?: Partial<Contract>;
  task?: ModelCard["task"];
  predict?: Lease["predict"];
  example?: Lease["example"];
  maxRows?: number;
  /** What every run waits for before it begins. */
  gate?: Gate;
}

interface Loaded extends TestModel {
  card: ModelCard;
  session: InferenceSession;
}

export interface TestCatalogue extends Catalogue {
  /** Leases that are held now. */
  leases(): number;
  /** Sets what the catalogue says of a model that is not loaded. */
  announce(status: ModelStatus): void;
}

/** Every model of models/triton that needs no control inputs, and mnist. */
export const REAL_MODELS: readonly TestModel[] = [
  { name: "simple", path: "triton/simple/1/model.onnx", maxRows: 8 },
  { name: "simple_int8", path: "triton/simple_int8/1/model.onnx", maxRows: 8 },
  { name: "simple_string", path: "triton/simple_string/1/model.onnx", maxRows: 8 },
  { name: "mnist", path: "mnist-8.onnx" },
];

const FIXTURES = join(import.meta.dirname, "..", "fixtures", "serve");

/** The small models of tests/fixtures/serve, by file name without ".onnx". */
export function fixtureModel(file: string, more: Partial<TestModel> = {}): TestModel {
  return { name: file, path: join(FIXTURES, `${file}.onnx`), ...more };
}

/** A running sum, whose state the server can carry, times a constant. */
export const SUM: TestModel = fixtureModel("sum", {
  contract: {
    states: { sum: { input: "sum", output: "new_sum", start: "zero", shape: [1, 4] } },
    constants: { scale: { tensor: "scale", value: 10 } },
  },
});

export async function openTestCatalogue(models: readonly TestModel[]): Promise<TestCatalogue> {
  const ort = await import("onnxruntime-node");
  const loaded: Loaded[] = [];
  for (const model of models) {
    const session = await ort.InferenceSession.create(resolve(MODELS, model.path));
    loaded.push({ ...model, session, card: cardOf(model, session) });
  }
  const announced: ModelStatus[] = [];
  let held = 0;

  async function run(model: Loaded, feeds: Tensors, options: RunOptions): Promise<Tensors> {
    await model.gate?.pass();
    if (options?.signal?.aborted) throw fail("ABORTED", {});
    const inputs = Object.entries({ ...constantsOf(model), ...feeds }).map(
      ([name, { dtype, data, shape }]) => [
        name,
        new ort.Tensor(dtype as "float32", data as Float32Array, shape),
      ],
    );
    const all = model.session.outputNames;
    const running = model.session.run(Object.fromEntries(inputs), options?.outputs ?? all);
    const results = await running.catch((error: Error) => {
      throw refusal("RUN_FAILED", 422, `The model could not be run on this input: ${error.message}`);
    });
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, fromOrt(result)]));
  }

  function lease(name: string, version?: string): Lease {
    const named = loaded.filter((model) => model.name === name);
    const pending = announced.find((status) => status.name === name);
    if (named.length === 0 && pending) {
      throw refusal("MODEL_NOT_READY", 503, `The model ${name} is not ready: ${pending.state}.`);
    }
    if (named.length === 0) throw refusal("MODEL_UNKNOWN", 404, `There is no model ${name} here.`);
    const model =
      version === undefined ? named.at(-1) : named.find((each) => each.card.id.version === version);
    if (!model) throw refusal("MODEL_VERSION_UNKNOWN", 404, `The model ${name} has no version ${version}.`);
    held++;
    let mine = true;
    return {
      card: model.card,
      exchange: null,
      refusal: () => null,
      infer: (feeds, options) => run(model, feeds, options),
      stream: () => openStream(model, run),
      predict: model.predict ?? predictTensors,
      example: model.example ?? (async () => null),
      release() {
        if (mine) held--;
        mine = false;
      },
    };
  }

  return {
    status: () => [
      ...loaded.map(({ card }) => ({ ...card.id, state: "ready" as const, reason: "" })),
      ...announced,
    ],
    running: () => [],
    lease,
    memory: () => null,
    onChange: () => () => {},
    leases: () => held,
    announce: (status) => void announced.push(status),
    async close() {
      for (const { session } of loaded) await session.release();
    },
  };
}

function constantsOf(model: Loaded): Tensors {
  const constants = Object.values(model.card.contract.constants);
  return Object.fromEntries(
    constants.map(({ tensor, value }) => [
      tensor,
      { dtype: "float32" as const, shape: [], data: Float32Array.of(Number(value)) },
    ]),
  );
}

/** As the catalogue's own rows have it. */
function refusal(code: string, http: number, message: string): Error {
  return fromPlainError({
    code,
    message,
    http,
    grpc: "UNAVAILABLE",
    hint: "See what is here, and ask again.",
  });
}

function openStream(model: Loaded, run: (m: Loaded, f: Tensors, o: RunOptions) => Promise<Tensors>) {
  const states = Object.values(model.card.contract.states);
  const carried: Tensors = {};
  for (const { input, shape = [1] } of states) {
    const elements = shape.reduce((product, dim) => product * dim, 1);
    const isFloat = model.card.signature.inputs.some(
      (spec) => spec.name === input && spec.dtype === "float32",
    );
    carried[input] = isFloat
      ? { dtype: "float32", shape, data: new Float32Array(elements) }
      : { dtype: "int32", shape, data: new Int32Array(elements) };
  }
  let last: Promise<unknown> = Promise.resolve();
  let frames = 0;
  return {
    get frames() {
      return frames;
    },
    run(feeds: Tensors): Promise<Tensors> {
      const frame = last.then(async () => {
        const results = await run(model, { ...carried, ...feeds }, {});
        for (const { input, output } of states) carried[input] = results[output] as Tensor;
        frames++;
        return results;
      });
      last = frame.catch(() => {});
      return frame;
    },
  };
}

async function* predictTensors(): ReturnType<Lease["predict"]> {
  yield* [];
  throw new Error("this test model has no task");
}

function cardOf(model: TestModel, session: InferenceSession): ModelCard {
  const specs = (metadata: InferenceSession["inputMetadata"]): Signature["inputs"] =>
    metadata.map((each) => ({
      name: each.name,
      dtype: model.dtype ?? ((each.isTensor ? each.type : "float32") as DType),
      shape: each.isTensor ? each.shape.map((dim) => (dim === "" ? null : dim)) : null,
    }));
  const contract = { task: null, inputs: {}, outputs: {}, states: {}, constants: {}, evidence: [] };
  return {
    id: { name: model.name, version: model.version ?? "1", digest: "0".repeat(64) },
    description: "",
    license: "",
    platform: "onnxruntime_onnx",
    signature: { inputs: specs(session.inputMetadata), outputs: specs(session.outputMetadata) },
    contract: { ...contract, ...model.contract },
    reasons: [],
    summary: "",
    task: model.task ?? null,
    plain: true,
    stateful: Object.keys(model.contract?.states ?? {}).length > 0,
    maxBatch: model.maxRows ?? 1,
    device: { name: "cpu", reason: "", placement: null },
    versions: [model.version ?? "1"],
    file: model.maxRows === undefined ? {} : { serving: { max_batch: model.maxRows } },
  };
}

/** The runtime's data is its own: copied, as crossing a thread would. */
function fromOrt(result: OrtTensor): Tensor {
  const { data } = result;
  const copy = Array.isArray(data) ? [...data] : (data as Float32Array).slice();
  return { dtype: result.type as DType, shape: [...result.dims], data: copy };
}
