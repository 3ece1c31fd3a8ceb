// A graph under construction: what its values are, as far as the generator must know to stay valid and comparable.
import type { Draw } from "./draw.ts";
import type {
  Element,
  PlainAttribute,
  PlainFunction,
  PlainGraph,
  PlainTensor,
  RandomType,
} from "./encode.ts";

/** A value of the graph. Its shape is the one that it has with the inputs that are fed. */
export interface Value {
  readonly name: string;
  readonly dtype: RandomType;
  readonly shape: readonly number[];
  /** No element is larger than this, in absolute value. */
  readonly most: number;
  /** How far an element may lie beside the same one in a graph that computes in another order. 0: not at all. */
  readonly error: number;
  /** The elements, where they are a constant's. */
  readonly elements?: readonly Element[];
}

/** Thrown where a value that must be made is not allowed; what was begun is forgotten. */
export class Misfit extends Error {}

/** Beyond these, comparison would need a tolerance that hides defects. */
const MOST = 64;
const MOST_ERROR = 4e-6;
const MOST_INTEGER = 1_000_000;
const MOST_ELEMENTS = 600;

const ROUNDING: Readonly<Partial<Record<RandomType, number>>> = {
  float32: 6e-8,
  float64: 2e-16,
  float16: 5e-4,
};

export interface Scope {
  readonly graph: PlainGraph;
  /** Values of this graph, in order. */
  readonly values: Value[];
  readonly parent: Scope | null;
  /** A function has no initializers and sees nothing outside. */
  readonly isFunction: boolean;
}

export const isFloat = ({ dtype }: { dtype: RandomType }) => dtype.startsWith("float");
export const isWhole = ({ dtype }: { dtype: RandomType }) => /^u?int/.test(dtype);
export const count = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);

/** Names that JavaScript, C or a file system might have a meaning for. */
const ODD = ["constructor", "__proto__", "toString", "a b", "x:0", "ü/ä", "0", "../up", "%s", "名前"];

export class Context {
  readonly draw: Draw;
  readonly opset: number;
  readonly functions: PlainFunction[] = [];
  scope: Scope;
  /** The value that is picked next, where it fits. */
  focus: Value | null = null;
  readonly #names = new Set<string>([""]);
  readonly #ir: number;
  #nodes = 0;

  constructor(draw: Draw, opset: number, ir: number) {
    this.draw = draw;
    this.#ir = ir;
    this.opset = opset;
    this.scope = newScope("main", null);
  }

  /** A name that nothing in the model has. */
  fresh(hint: string): string {
    let name = this.draw.chance(0.03) ? this.draw.one(ODD) : hint;
    for (let i = 1; this.#names.has(name); i++) name = `${hint}_${i}`;
    this.#names.add(name);
    return name;
  }

  #nodeName(op: string): string {
    return `${this.draw.one(["", "block/", "a.b."])}${op}_${this.#nodes++}`;
  }

  get depth(): number {
    let depth = 0;
    for (let scope = this.scope.parent; scope; scope = scope.parent) depth++;
    return depth;
  }

  /** A function is called with values of other shapes too: in it, and in its branches, nothing is said of shapes. */
  get isInFunction(): boolean {
    for (let scope: Scope | null = this.scope; scope; scope = scope.parent) if (scope.isFunction) return true;
    return false;
  }

  /** Values that a node may read here, late ones more often; null where none fits. */
  pick(fits: (value: Value) => boolean): Value | null {
    const { focus } = this;
    this.focus = null;
    if (focus && fits(focus)) return focus;
    const visible: Value[] = [];
    for (let scope: Scope | null = this.scope; scope; scope = scope.isFunction ? null : scope.parent)
      visible.unshift(...scope.values.filter(fits));
    if (visible.length === 0) return null;
    const { draw } = this;
    const late = visible.slice(-6);
    return draw.one(draw.chance(0.6) ? late : visible);
  }

  pickFloat(fits: (value: Value) => boolean = () => true): Value | null {
    return this.pick((value) => (value.dtype === "float32" || value.dtype === "float64") && fits(value));
  }

  /** Random numbers from -1 to 1, with few digits; whole ones from `low` to `high`. */
  numbers(dtype: RandomType, size: number, low = -4, high = 4): Element[] {
    const { draw } = this;
    return Array.from({ length: size }, () => {
      if (dtype === "bool") return draw.int(0, 1);
      if (dtype === "string") return draw.one(["a", "bc", "", "ü"]);
      if (dtype === "uint8") return draw.int(Math.max(low, 0), high);
      if (dtype === "float16") return draw.one([0, 0x3c00, 0xb800, 0x3555, 0x2e66]);
      if (dtype.startsWith("float")) return draw.int(-1000, 1000) / 1000;
      return draw.int(low, high);
    });
  }

  /** A constant: an initializer, a Constant node, or one like it that is there already. */
  constant(dtype: RandomType, shape: readonly number[], elements: readonly Element[]): Value {
    const { draw, scope } = this;
    const tensor: PlainTensor = { dtype, shape, data: elements, typed: draw.chance(0.3) };
    const most = dtype === "string" ? 0 : Math.max(0, ...elements.map((each) => Math.abs(Number(each))));
    const known = { dtype, shape, most: dtype === "float16" ? 1 : most, error: 0, elements };
    // Up to IR 3 an initializer is an input as well, which a branch has none of.
    const mustBeNode = scope.isFunction || (this.#ir === 3 && scope.parent !== null);
    if (mustBeNode || draw.chance(0.25)) {
      const [made] = this.emit("Constant", [], [known], { value: { tensor } });
      return made as Value;
    }
    const value: Value = { name: this.fresh("c"), ...known };
    scope.graph.initializers.set(value.name, tensor);
    scope.values.push(value);
    return value;
  }

  floats(shape: readonly number[], dtype: RandomType = "float32"): Value {
    return this.constant(dtype, shape, this.numbers(dtype, count(shape)));
  }

  ints(...elements: number[]): Value {
    return this.constant("int64", [elements.length], elements);
  }

  /** Whether values of this kind may be made: small enough to compare closely. */
  allows(made: Omit<Value, "name">): boolean {
    if (count(made.shape) > MOST_ELEMENTS || made.shape.length > 6) return false;
    if (isFloat(made)) return made.most <= MOST && made.error <= MOST_ERROR;
    if (made.dtype === "uint8") return made.most <= 255;
    if (made.dtype === "int8") return made.most <= 127;
    return made.most <= MOST_INTEGER;
  }

  /** Adds a node. null among the outputs stands for one that is left out. */
  emit(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly (Omit<Value, "name"> | null)[],
    attributes: Readonly<Record<string, PlainAttribute | undefined>> = {},
    domain = "",
  ): (Value | null)[] {
    const { draw, scope } = this;
    const made = outputs.map((each) => each && { ...each, name: this.fresh(op.toLowerCase()) });
    const names = inputs.map((value) => value?.name ?? "");
    while (names.at(-1) === "") names.pop();
    const given = new Map<string, PlainAttribute>();
    for (const [key, value] of Object.entries(attributes)) if (value) given.set(key, value);
    const own = made.map((value) => value?.name ?? "");
    scope.graph.nodes.push({
      op,
      domain,
      // The runtime takes no two nodes of one name, but any number without one.
      name: draw.chance(0.4) ? "" : this.#nodeName(op),
      ...(draw.chance(0.05) ? { doc: "made at random" } : {}),
      inputs: names,
      outputs: own,
      attributes: given,
    });
    for (const value of made) {
      if (!value) continue;
      scope.values.push(value);
      if (draw.chance(0.1) && !this.isInFunction)
        scope.graph.infos.push({ name: value.name, dtype: value.dtype, shape: [...value.shape] });
    }
    return made;
  }

  /** A node with one output like the first input, but for what is told; null where such a value is not allowed. */
  apply(
    op: string,
    inputs: readonly (Value | null)[],
    told: Partial<Omit<Value, "name">> = {},
    attributes: Readonly<Record<string, PlainAttribute | undefined>> = {},
  ): Value | null {
    const [first] = inputs;
    const { dtype = "float32", shape = [], most = 0, error = 0 } = first ?? {};
    const made = { dtype, shape, most, error, ...told };
    return this.allows(made) ? (this.emit(op, inputs, [made], attributes)[0] ?? null) : null;
  }

  /** The same, where nothing else will do. @throws Misfit */
  must(...given: Parameters<Context["apply"]>): Value {
    const value = this.apply(...given);
    if (!value) throw new Misfit();
    return value;
  }

  /** The error of a result of so many roundings, none of which was larger than `most`. */
  rounded(dtype: RandomType, most: number, steps = 1): number {
    return (ROUNDING[dtype] ?? 0) * most * steps;
  }

  /** Runs `fill` on a graph inside this one, and gives that graph. */
  within(name: string, fill: () => void, isFunction = false): Scope {
    const outer = this.scope;
    const inner = newScope(name, outer, isFunction);
    this.scope = inner;
    try {
      fill();
    } finally {
      this.scope = outer;
    }
    return inner;
  }
}

export function newScope(name: string, parent: Scope | null, isFunction = false): Scope {
  const graph: PlainGraph = { name, inputs: [], outputs: [], infos: [], nodes: [], initializers: new Map() };
  return { graph, values: [], parent, isFunction };
}
