import { addConstant, addValue, type GraphEdit, type Names, setInput, setInputs } from "../../graph/edit.ts";
import type { Attribute, Graph, Model, ModelFunction, Node, Value } from "../../graph/graph.ts";
import { constantTensor, type DType, elementCount, type Tensor } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Types } from "../types.ts";
import { Refusal } from "./refusal.ts";

/** Elements of constants that an adapter reads: lists of axes, sizes and scales, as long as a tensor has dimensions. */
const MAX_READ = 1024;

/** The graphs that share one table of operator sets: the main graph with its subgraphs, or a function's. */
export interface Body {
  readonly graph: Graph;
  readonly opsets: Map<string, number>;
  /** The function whose body it is. A function has no initializers: its constants are nodes. */
  readonly of: ModelFunction | null;
}

/** What the adapters of one upgrade share. */
export interface Upgrade {
  readonly model: Model;
  readonly names: Names;
  /** null where no adapter that is needed asks for any. */
  readonly types: Types | null;
  /** Values that a caller may feed although they have a default: no constants. */
  readonly overridable: ReadonlySet<Value>;
  edit(graph: Graph): GraphEdit;
  /** A name that no node has: the runtime takes no two nodes of one name. */
  nodeName(hint: string): string;
  /** Whether every node that calls a function gives it this parameter. */
  isGiven(of: ModelFunction, parameter: string): boolean;
  note(text: string): void;
}

/** What an adapter works with: what is known of the values around its node, and new nodes beside it. */
export class Step {
  /** The version that all nodes have in the end. */
  readonly target: number;
  readonly #body: Body;
  readonly #upgrade: Upgrade;

  constructor(target: number, body: Body, upgrade: Upgrade) {
    this.target = target;
    this.#body = body;
    this.#upgrade = upgrade;
  }

  /** Gives up on this node; what stands in the way is told with all other refusals of the model. */
  refuse(reason: string): never {
    throw new Refusal(reason);
  }

  /** The element type of a tensor; null where nobody knows it. */
  dtypeOf(value: Value | null | undefined): DType | null {
    if (!value) return null;
    return this.#upgrade.types?.dtypeOf(value) ?? (value.type?.kind === "tensor" ? value.type.dtype : null);
  }

  /** Lengths, those that are not known as numbers null; null where not even their count is known. */
  shapeOf(value: Value | null | undefined): readonly (number | null)[] | null {
    const shape = value && this.#upgrade.types?.shapeOf(value);
    return shape?.map((length) => (typeof length === "number" ? length : null)) ?? null;
  }

  rankOf(value: Value | null | undefined): number | null {
    return this.shapeOf(value)?.length ?? null;
  }

  /** An input that the operator cannot do without. */
  input(node: Node, index: number): Value {
    return node.inputs[index] ?? this.refuse(`it has no input ${index}`);
  }

  /** The elements of a small constant, whichever way the file holds it; null where the value is computed. */
  async constantOf(value: Value | null | undefined): Promise<Tensor | null> {
    if (!value || this.#upgrade.overridable.has(value)) return null;
    const { producer } = value;
    let lazy = value.constant;
    if (!lazy && producer?.op === "Constant" && producer.domain === "") {
      const [attribute] = producer.attributes.values();
      if (attribute?.kind === "tensor") lazy = attribute.value;
      else if (attribute) return plainConstant(attribute);
    }
    if (!lazy || elementCount(lazy.shape, value.name) > MAX_READ) return null;
    return lazy.read();
  }

  /** The elements of a small constant as numbers; null where it is computed, or no list of numbers. */
  async numbersOf(value: Value | null | undefined): Promise<number[] | null> {
    const tensor = await this.constantOf(value);
    if (!tensor || !NUMERIC.has(tensor.dtype)) return null;
    return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  }

  /** A new constant for a node: an initializer of its graph, or in a function a Constant before it. */
  constant(node: Node, role: string, tensor: Tensor): Value {
    const name = this.fresh(node, role);
    const lazy = this.lazy(node, role, tensor, name);
    if (!this.#body.of) return addConstant(node.graph, name, lazy);
    const value = addValue(node.graph, name);
    this.#edit(node).insertBefore(node, {
      op: "Constant",
      inputs: [],
      outputs: [value],
      attributes: { value: { kind: "tensor", value: lazy } },
    });
    return value;
  }

  /** A constant whose value is a parameter of the function: whoever calls it tells. */
  parameter(node: Node, role: string, form: "value_ints" | "value_int" | "value_float", name: string): Value {
    const { of } = this.#body;
    // A parameter that a caller leaves out leaves the attribute out, and a Constant must have a value.
    if (this.target < 12 || !of || !this.#upgrade.isGiven(of, name))
      return this.refuse(`its ${role} is a parameter of the function`);
    const value = addValue(node.graph, this.fresh(node, role));
    this.#edit(node).insertBefore(node, {
      op: "Constant",
      inputs: [],
      outputs: [value],
      attributes: { [form]: { kind: "reference", value: name } },
    });
    return value;
  }

  /** A new node before this one, as the target has the operator; its only output. */
  before(
    node: Node,
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const output = addValue(node.graph, this.fresh(node, op));
    this.#edit(node).insertBefore(node, {
      op,
      inputs,
      outputs: [output],
      attributes,
      ...this.#named(node, op),
    });
    return output;
  }

  /**
   * Puts a new node, as the target has the operator, between an output of this one and all who read it.
   * @param inputs further inputs, behind the output
   */
  after(
    node: Node,
    index: number,
    op: string,
    inputs: readonly (Value | null)[] = [],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const outer = node.outputs[index];
    if (!outer) return;
    const inner = addValue(node.graph, this.fresh(node, "raw"));
    inner.producer = node;
    node.outputs[index] = inner;
    const named = this.#named(node, op);
    this.#edit(node).insertAfter(node, {
      op,
      inputs: [inner, ...inputs],
      outputs: [outer],
      attributes,
      ...named,
    });
  }

  /** Takes an output away that nobody reads; refuses where somebody does. */
  dropOutput(node: Node, index: number, name: string): void {
    const value = node.outputs[index];
    if (!value) return;
    if (value.uses.length > 0 || value.graph.outputs.includes(value))
      this.refuse(`its output ${name} is read`);
    value.producer = null;
    value.graph.values.delete(value.name);
    node.outputs[index] = null;
    while (node.outputs.at(-1) === null) node.outputs.pop();
  }

  /** Makes the node another operator, in the form of the target; attributes that nobody took away stay. */
  become(node: Node, op: string, inputs: readonly (Value | null)[]): void {
    node.op = op;
    setInputs(node, inputs);
  }

  /** Reads another value, or none; the list of inputs grows where it is too short. */
  setInput(node: Node, index: number, value: Value | null): void {
    setInput(node, index, value);
  }

  setInputs(node: Node, values: readonly (Value | null)[]): void {
    setInputs(node, values);
  }

  /** A further output of the node, which nobody reads yet. */
  addOutput(node: Node, index: number, role: string): void {
    while (node.outputs.length < index) node.outputs.push(null);
    const value = addValue(node.graph, this.fresh(node, role));
    value.producer = node;
    node.outputs[index] = value;
  }

  /** A name that no value of the model has. */
  fresh(node: Node, role: string): string {
    const base = node.outputs.find((each) => each)?.name || node.op;
    return this.#upgrade.names.fresh(`${base}_${role.toLowerCase()}`);
  }

  /** A tensor for an attribute. */
  lazy(node: Node, role: string, tensor: Tensor, name = ""): LazyTensor {
    return constantTensor(tensor, `${role} of ${node.op} ${node.name}`.trimEnd(), name);
  }

  /** What a person should know of this node. */
  note(node: Node, text: string): void {
    this.#upgrade.note(`${node.op} ${node.name || node.outputs[0]?.name || ""} ${text}`);
  }

  #edit(node: Node): GraphEdit {
    return this.#upgrade.edit(node.graph);
  }

  #named(node: Node, op: string): { name: string } {
    return { name: node.name === "" ? "" : this.#upgrade.nodeName(`${node.name}_${op}`) };
  }
}

const NUMERIC: ReadonlySet<DType> = new Set([
  "float32",
  "float64",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
]);

/** Constant's short forms (opset 12): one number or a list of them. */
function plainConstant({ kind, value }: Attribute): Tensor | null {
  if (kind === "int") return { dtype: "int64", shape: [], data: BigInt64Array.of(value) };
  if (kind === "ints") return { dtype: "int64", shape: [value.length], data: BigInt64Array.from(value) };
  if (kind === "float") return { dtype: "float32", shape: [], data: Float32Array.of(value) };
  if (kind === "floats") return { dtype: "float32", shape: [value.length], data: Float32Array.from(value) };
  return null;
}
