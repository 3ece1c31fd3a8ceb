import type { Graph, Value, ValueType } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { elementCount, fromHalf, permuted, reshaped } from "../../../tensor/index.ts";
import { contentTensor } from "../file/contents.ts";
import type { Operator, Subgraph, TfliteTensor } from "../file/model.ts";
import { typeOf } from "../file/type.ts";
import type { Parts } from "./complex.ts";
import { type Constant, fitting, wholeNumbers } from "./constant.ts";
import type { Context } from "./context.ts";
import { Emitter } from "./emit.ts";
import { axisIn, type Layout, toFirst, toLast } from "./layout.ts";
import { Nodes } from "./nodes.ts";
import { hasScale, isComplex, isQuantized, standing, storedType } from "./quantized.ts";
import { refuse } from "./refusal.ts";
import { dequantize, quantize } from "./scales.ts";

/** Constants that say what to do (axes, sizes, paddings) have a few elements; beyond this one is a weight. */
const MAX_SETTING = 65_536;

/** Converts the operators of a build's subgraph: see lower.ts, which has the table of them all, so that none of them imports it. */
export type Lower = (build: Build) => Promise<void>;

/** What stands for a tensor in the ONNX graph, by layout; made when it is first asked for. */
interface Views {
  readonly stored: Partial<Record<Layout, Value>>;
  readonly real: Partial<Record<Layout, Value>>;
  /** How to make it in a layout, where that is not by transposing the other. */
  readonly make?: (layout: Layout) => Value;
  /** Of a complex one, instead. */
  readonly parts?: Parts;
}

/**
 * One graph on its way to ONNX. An operator's conversion asks it for values that stand for the tensors of the file, emits nodes,
 * and says which value an output is.
 *
 * - A tensor can be had as it is `stored` (whole numbers where it is quantised), which is what operators that only move
 *   elements want, or as `real` numbers, dequantised where it is quantised. What is set as `real` is quantised again with the
 *   scale of the output, so that a quantised model becomes QuantizeLinear and DequantizeLinear around float operators, which
 *   ONNX Runtime joins to integer kernels. Nothing else about quantisation is an operator's business.
 * - Either can be had and set with the channels "last", as in the file, or "first", as Conv and the pools want them. A Transpose
 *   is put in only where a tensor is wanted otherwise than it was set, and constants are stored in the order that is wanted.
 */
export class Build extends Nodes {
  readonly subgraph: Subgraph;
  readonly graph: Graph;
  readonly lower: Lower;
  readonly #views = new Map<TfliteTensor, Views>();
  readonly #constants = new Map<TfliteTensor, Constant | null>();
  /** Weights by the order of their axes. */
  readonly #made = new Map<TfliteTensor, Map<string, Value>>();
  /** Names that inputs and outputs keep. */
  readonly #kept = new Map<TfliteTensor, string>();
  readonly #keptNames = new Set<string>();
  readonly #results = new Set<Value>();
  readonly #handles = new Map<TfliteTensor, string>();
  /** Subgraphs that are being converted, this one last. */
  readonly open: readonly number[];
  /** What each resource holds at this point. */
  readonly resources: Map<string, Value>;

  /**
   * @param from the build in which the subgraph is called: into a graph of its own, as branches and loops want it, or into the
   * same one; of the first build, what converts operators
   */
  constructor(context: Context, subgraph: Subgraph, graph: Graph, from: Build | Lower) {
    const outer = from instanceof Build ? from : null;
    super(context, outer?.graph === graph ? outer.emit : new Emitter(graph, context.names), outer);
    this.lower = from instanceof Build ? from.lower : from;
    this.subgraph = subgraph;
    this.graph = graph;
    this.open = [...(outer?.open ?? []), subgraph.index];
    this.resources = new Map(outer?.resources);
  }

  // ---- What tensors are

  /** Lengths in the file's layout, null for those that are open; null where even the rank is. */
  dims(tensor: TfliteTensor): readonly (number | null)[] | null {
    return tensor.dims;
  }

  /** @throws Refusal where the rank is unknown */
  rank(tensor: TfliteTensor): number {
    const { dims } = tensor;
    if (!dims) throw refuse("the rank of a tensor is unknown");
    return dims.length;
  }

  /** The element type that ONNX holds the tensor in. @throws Refusal for resources and variants */
  dtype(tensor: TfliteTensor): DType {
    return storedType(tensor);
  }

  /** The constant that a tensor is; null for what is computed. */
  constantOf(tensor: TfliteTensor): Constant | null {
    let found = this.#constants.get(tensor);
    if (found === undefined) {
      const content = contentTensor(tensor, this.context.source);
      found = content && { content, decode: null };
      this.#constants.set(tensor, found);
    }
    return found;
  }

  /** The elements of a constant that says what to do: axes, sizes, paddings. @throws Refusal as `reals`, or for a fraction */
  async numbers(tensor: TfliteTensor, what = tensor.name): Promise<number[]> {
    return wholeNumbers(await this.reals(tensor, what), what);
  }

  /** The same of a threshold or a step. @throws Refusal where it is computed or too large for that */
  async reals(tensor: TfliteTensor, what = tensor.name): Promise<number[]> {
    const constant = this.constantOf(tensor);
    if (!constant) {
      if (tensor.dims?.includes(0)) return [];
      throw refuse(`${what} is computed while it runs`);
    }
    const { content, decode } = constant;
    if (decode?.op === "Dequantize" || content.dtype === "string")
      throw refuse(`${what} is of ${content.dtype}`);
    if (elementCount(content.shape, what) > MAX_SETTING) throw refuse(`${what} is too large`);
    const { data, dtype } = await content.read(this.context.signal);
    const numbers = Array.from(data as Iterable<number | bigint>, Number);
    return dtype === "float16" ? numbers.map(fromHalf) : numbers;
  }

  /** The bytes of a custom operator's options. */
  async custom({ custom }: Operator): Promise<Uint8Array> {
    const { source, signal } = this.context;
    return custom ? source.read(custom.offset, custom.length, signal) : new Uint8Array(0);
  }

  // ---- What operators read

  /** A tensor as it is stored. @throws Refusal for complex ones: see parts */
  stored(tensor: TfliteTensor, layout: Layout = "last"): Value {
    if (isComplex(tensor)) throw refuse(`its input ${tensor.name} is of type ${tensor.type}`);
    const views = this.#viewsOf(tensor);
    const known = views.stored[layout];
    if (known) return known;
    const constant = this.constantOf(tensor);
    if (constant) return this.#keepStored(tensor, layout, this.#decoded(tensor, constant, layout));
    if (views.make) return this.#keepStored(tensor, layout, views.make(layout));
    const other = views.stored[layout === "last" ? "first" : "last"];
    if (!other) return this.#missing(tensor);
    const perm = layout === "last" ? toLast(this.rank(tensor)) : toFirst(this.rank(tensor));
    return this.#keepStored(tensor, layout, this.transpose(other, perm));
  }

  /** A tensor as real numbers, of 32 and 64 bits too where they have a scale. */
  scaled(tensor: TfliteTensor, layout: Layout = "last"): Value {
    if (isQuantized(tensor) || !hasScale(tensor)) return this.real(tensor, layout);
    const { quantization } = tensor;
    const axis = axisIn(layout, quantization.axis, tensor.shape.length);
    return dequantize(this, this.stored(tensor, layout), quantization, this.dtype(tensor), axis);
  }

  /** The parts of a complex tensor. */
  parts(tensor: TfliteTensor): Parts {
    const known = this.#viewsOf(tensor).parts;
    if (!known) throw refuse(`its input ${tensor.name} is no complex tensor that an operator computes`);
    return known;
  }

  /** A tensor as real numbers. @throws Refusal for bytes and words without a scale */
  real(tensor: TfliteTensor, layout: Layout = "last"): Value {
    if (!isQuantized(tensor)) return this.stored(standing(tensor), layout);
    const views = this.#viewsOf(tensor);
    const known = views.real[layout];
    if (known) return known;
    const { quantization } = tensor;
    const axis = axisIn(layout, quantization.axis, tensor.shape.length);
    const value = dequantize(this, this.stored(tensor, layout), quantization, this.dtype(tensor), axis);
    views.real[layout] = value;
    return value;
  }

  /**
   * A weight as real numbers, its axes in another order: `shape[i]` of the result is `shape[perm[i]]` of the tensor.
   * @param shape of the tensor before that, with further axes of length 1 before its own
   * @throws Refusal as `real`
   */
  weight(tensor: TfliteTensor, perm: readonly number[], shape: readonly number[] = tensor.shape): Value {
    return this.#permuted(standing(tensor), perm, shape);
  }

  #permuted(tensor: TfliteTensor, perm: readonly number[], shape: readonly number[]): Value {
    const constant = this.constantOf(tensor);
    if (!constant) {
      const real = isQuantized(tensor) ? this.real(tensor) : this.stored(tensor);
      const given = shape === tensor.shape ? real : this.node("Reshape", [real, this.ints(shape)]);
      return this.transpose(given, perm);
    }
    const key = `${perm.join()} of ${shape.join()}`;
    const made = this.#made.get(tensor) ?? new Map<string, Value>();
    this.#made.set(tensor, made);
    const known = made.get(key);
    if (known) return known;
    const content = permuted(reshaped(constant.content, shape), perm);
    // Axes are counted from the end, since a shape may only have got further ones before it.
    const move = (axis: number) => perm.indexOf(axis + shape.length - tensor.shape.length);
    let value = this.constant(content, tensor.name);
    if (constant.decode?.op === "Cast") value = this.cast(value, "float32");
    if (constant.decode?.op === "Dequantize") {
      const { by } = constant.decode;
      value = dequantize(this, value, by, content.dtype, move(by.axis));
    }
    if (isQuantized(tensor)) {
      const { quantization } = tensor;
      value = dequantize(this, value, quantization, this.dtype(tensor), move(quantization.axis));
    }
    made.set(key, value);
    return value;
  }

  /**
   * A tensor as real numbers, or as the whole ones that it has without a scale, for a node that broadcasts over a rank: a constant
   * of fewer axes is stored so that its last one is that of the channels.
   */
  aligned(tensor: TfliteTensor, layout: Layout, rank: number): Value {
    const own = tensor.shape.length;
    if (layout === "last" || own === 0 || own === rank)
      return isQuantized(tensor) ? this.real(tensor, layout) : this.stored(tensor, layout);
    return this.#permuted(tensor, toFirst(rank), [...new Array<number>(rank - own).fill(1), ...tensor.shape]);
  }

  /**
   * In which layout a node over all of these tensors needs the least moving: "first" where those that are computed lie so, and
   * the constants can.
   */
  layoutOf(tensors: readonly (TfliteTensor | null)[]): Layout {
    let rank = 0;
    for (const tensor of tensors) {
      if (!tensor || this.constantOf(tensor)) continue;
      const own = tensor.dims?.length ?? 0;
      if (own < 3 || (rank > 0 && own !== rank) || !this.#hasFirst(tensor)) return "last";
      rank = own;
    }
    return rank > 0 ? "first" : "last";
  }

  // ---- What operators set

  /** Says what an output is, as it is to be stored. */
  setStored(tensor: TfliteTensor, value: Value, layout: Layout = "last"): void {
    this.#views.set(tensor, { stored: {}, real: {} });
    this.#keepStored(tensor, layout, value);
  }

  /**
   * Says how an output is made of a tensor in either layout, when somebody asks for it. In one only, where the tensor is such an
   * output itself, so that no chain of them is made at once, or may be another value by then.
   */
  setEither(tensor: TfliteTensor, of: TfliteTensor, layout: Layout, make: (layout: Layout) => Value): void {
    if (of.isVariable || this.#viewsOf(of).make) this.setStored(tensor, make(layout), layout);
    else this.#views.set(tensor, { stored: {}, real: {}, make });
  }

  /** Says what a complex output is. @throws Refusal where it is an output of the graph */
  setParts(tensor: TfliteTensor, parts: Parts): void {
    if (this.subgraph.outputs.includes(tensor)) throw refuse("an output of the model is complex");
    this.#views.set(tensor, { stored: {}, real: {}, parts });
  }

  /** Says what an output is in real numbers; it is quantised where the tensor is. */
  setReal(tensor: TfliteTensor, value: Value, layout: Layout = "last"): void {
    const stored = isQuantized(tensor) ? quantize(this, value, tensor, layout) : value;
    this.setStored(standing(tensor), stored, layout);
  }

  /** Says that an output is a constant. @throws Refusal where it is of another size */
  setConstant(tensor: TfliteTensor, constant: Constant): void {
    this.#constants.set(tensor, fitting(tensor, constant));
  }

  // ---- For the driver

  /** Begins with an operator, whose name the nodes get. */
  begin({ name, index, subgraph }: Operator, part = ""): void {
    const label = `${subgraph > 0 ? `subgraph_${subgraph}/` : ""}${name}_${index}${part}`;
    this.emit.begin(label, this.open.length > 1);
  }

  /** Keeps the name of an input or output free for it. */
  keep(tensor: TfliteTensor, name: string): void {
    this.keepName(name);
    // What a variable holds at the end need not be what is first written to it: the name is given by resultOf.
    if (!tensor.isVariable && !this.#kept.has(tensor)) this.#kept.set(tensor, name);
  }

  /** Keeps a name of the signature, which no value gets but by `resultOf`. */
  keepName(name: string): void {
    this.#keptNames.add(name);
  }

  /** An input of the graph, under a name of the signature. */
  declare(tensor: TfliteTensor, name: string): Value {
    const value = this.named(name, typeOf(tensor));
    this.keep(tensor, name);
    this.setStored(tensor, value);
    return value;
  }

  /** An input of the graph that stands for no tensor, under a name of the signature. */
  named(name: string, type: ValueType | null): Value {
    const value = this.input(name, type);
    this.keepName(name);
    this.emit.take(value, name);
    return value;
  }

  /** An input of a body. */
  input(hint: string, type: ValueType | null = null): Value {
    const value = this.emit.value(hint);
    value.type = type;
    this.graph.inputs.push(value);
    return value;
  }

  /** A value as an output of the graph, which no other output is. @param name null: any */
  resultOf(value: Value, name: string | null, hint: string): Value {
    const isFree = value.graph === this.graph && !value.constant && !this.#results.has(value);
    // What is an input too is both under the one name.
    const isRight = isFree && (name === null ? value.producer !== null : value.name === name);
    const canBe = isFree && value.producer !== null && !this.#keptNames.has(value.name);
    const result = isRight || canBe ? value : this.node("Identity", [value]);
    if (!isRight && name !== null) this.emit.rename(result, name);
    else this.emit.name(result, hint);
    this.#results.add(result);
    return result;
  }

  // ---- What is kept from run to run

  /** Says which resource a tensor is the handle of. */
  setHandle(tensor: TfliteTensor, resource: string): void {
    this.#handles.set(tensor, resource);
  }

  /** The resource that a handle names. @throws Refusal */
  handle(tensor: TfliteTensor): string {
    const resource = this.#handles.get(tensor);
    if (resource === undefined) throw refuse(`nothing says what ${tensor.name} is a handle of`);
    return resource;
  }

  /** A value for what an operator could not compute, so that the next ones are looked at too. */
  placeholder(tensor: TfliteTensor): void {
    const views = this.#viewsOf(tensor);
    if (views.stored.last || views.make || views.parts) return;
    const value = this.emit.value(tensor.name);
    if (isComplex(tensor)) this.#views.set(tensor, { ...views, parts: { real: value, imaginary: value } });
    else this.setStored(tensor, value);
  }

  finish(): void {
    this.emit.finish();
  }

  /** Whether it can be had with its channels first without a Transpose. */
  #hasFirst(tensor: TfliteTensor): boolean {
    const { stored, make } = this.#viewsOf(tensor);
    return stored.first !== undefined || make !== undefined;
  }

  #viewsOf(tensor: TfliteTensor): Views {
    let views = this.#views.get(tensor);
    if (!views) {
      views = { stored: {}, real: {} };
      this.#views.set(tensor, views);
    }
    return views;
  }

  #keepStored(tensor: TfliteTensor, layout: Layout, value: Value): Value {
    this.#viewsOf(tensor).stored[layout] = value;
    if (value.name !== "" || value.graph !== this.graph) return value;
    const kept = this.#kept.get(tensor);
    // A constant is no output by itself: what copies it gets the name.
    const isKept = layout === "last" && kept !== undefined && !value.constant;
    if (isKept && !this.graph.values.has(kept)) this.emit.take(value, kept);
    else this.emit.name(value, layout === "last" ? tensor.name : `${tensor.name}/channels-first`);
    return value;
  }

  /** Tensors without elements need no content. */
  #missing(tensor: TfliteTensor): Value {
    const dtype = this.dtype(tensor);
    if (!tensor.shape.includes(0) || dtype === "string")
      throw refuse(`nothing computes its input ${tensor.name}`);
    return this.numbersAs(dtype, tensor.shape, []);
  }

  /** A constant as what its tensor holds. */
  #decoded(tensor: TfliteTensor, { content, decode }: Constant, layout: Layout): Value {
    const perm = layout === "last" ? null : toFirst(content.shape.length);
    const value = this.constant(perm ? permuted(content, perm) : content, tensor.name);
    if (!decode) return value;
    if (decode.op === "Cast") return this.cast(value, "float32");
    const axis = axisIn(layout, decode.by.axis, content.shape.length);
    return dequantize(this, value, decode.by, content.dtype, axis);
  }
}
