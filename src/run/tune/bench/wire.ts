import { fail } from "../../../base/errors/index.ts";
import { DTYPES, type DType } from "../../../model/tensor/index.ts";
import type { Tensor, TensorSpec, Tensors } from "../../../model/tensor/tensor.ts";
import { type InputFacts, PLANS, type Plan, shapesFor } from "../../convert/inputs/plan.ts";
import { seededRandom } from "../../convert/inputs/random.ts";
import { makeValues } from "../../convert/inputs/values.ts";
import { jsonValues } from "../../tasks/tensors/values.ts";

/** An input as the Open Inference Protocol's metadata tells of it. */
export interface WireSpec extends TensorSpec {
  /** "FP32", "BYTES" … */
  readonly datatype: string;
}

/** One row, and for everything else that is open the lengths that suit most models. */
const PLAN = PLANS.find(({ rows }) => rows === 1) as Plan;
const SEED = 1;

/** @throws BENCH_ADDRESS for what is no metadata of an input */
export function specOf(input: unknown, address: string): WireSpec {
  const { name, datatype, shape } = input as Record<string, unknown>;
  const dtype = typeof datatype === "string" ? dtypeOf(datatype) : null;
  if (typeof name !== "string" || dtype === null || !Array.isArray(shape)) {
    throw fail("BENCH_ADDRESS", { address, problem: "what it answers is no model's metadata" });
  }
  const dims = shape.map((dim) => (Number(dim) >= 0 ? Number(dim) : null));
  return { name, datatype: datatype as string, dtype, shape: dims };
}

/** The element type behind the protocol's name: FP32 is float32, BYTES are strings. */
function dtypeOf(datatype: string): DType | null {
  if (datatype === "BYTES") return "string";
  const name = datatype
    .toLowerCase()
    .replace(/^fp(?=\d)/, "float")
    .replace(/^bf(?=\d)/, "bfloat");
  return Object.hasOwn(DTYPES, name) ? (name as DType) : null;
}

/** A request of the protocol, in JSON. */
export function bodyOf(specs: readonly WireSpec[], given?: Tensors): Buffer {
  const feeds = given ?? madeUp(specs);
  const inputs = specs.flatMap(({ name, datatype }) => {
    const tensor = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (!tensor) return [];
    return [{ name, datatype, shape: tensor.shape, data: jsonValues(tensor) }];
  });
  return Buffer.from(JSON.stringify({ inputs }));
}

function madeUp(specs: readonly WireSpec[]): Tensors {
  const facts: InputFacts[] = specs.map((spec) => ({
    spec,
    meaning: null,
    state: null,
    isState: false,
    hint: null,
  }));
  const shapes = shapesFor(facts, PLAN);
  const random = seededRandom(SEED);
  const made = facts.map((fact, i): [string, Tensor] => {
    const { name, dtype } = fact.spec;
    const tensor = makeValues(fact, shapes[i] ?? [], PLAN, "unit", random);
    // A text that is a number too is taken by models that read numbers from texts.
    return [
      name,
      dtype === "string" ? { ...tensor, data: (tensor.data as string[]).map(() => "1") } : tensor,
    ];
  });
  return Object.fromEntries(made);
}
