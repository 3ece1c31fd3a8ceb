import { type Context, count, type Scope, type Value } from "./context.ts";
import type { PlainAttribute, PlainFunction, PlainGraph } from "./encode.ts";
import type { Maker } from "./makers.ts";

/** Graphs inside graphs: as deep as this, and no more than this many nodes each. */
const MAX_DEPTH = 2;
const MAX_INNER = 4;

/** A value that a node of the outer graph gives an inner one. */
function parameter(c: Context, hint: string, like: Omit<Value, "name">): Value {
  const value = { ...like, name: c.fresh(hint) };
  c.scope.values.push(value);
  const { dtype, shape } = value;
  c.scope.graph.inputs.push({ name: value.name, dtype, shape: [...shape] });
  return value;
}

function result(graph: PlainGraph, { name, dtype, shape }: Value): void {
  graph.outputs.push({ name, dtype, shape: [...shape] });
}

/** A few nodes that keep a value's type and shape and do not let it grow, with what the graphs around them have. */
function gentle(c: Context, from: Value): Value {
  let value = from;
  for (let i = c.draw.int(1, MAX_INNER); i > 0; i--) {
    const captured = c.pick(
      (each) =>
        each.dtype === "float32" &&
        each.shape.join() === from.shape.join() &&
        each.error < 1e-6 &&
        each.most <= 4,
    );
    const kind = c.draw.int(0, 3);
    const next =
      kind === 0 && captured
        ? c.apply("Add", [value, captured], {
            most: value.most + captured.most,
            error: value.error + captured.error + c.rounded("float32", value.most + captured.most),
          })
        : kind === 1
          ? c.apply("Mul", [value, c.constant("float32", [], [c.draw.one([0.5, -1, 1])])], {
              error: value.error + c.rounded("float32", value.most),
            })
          : kind === 2
            ? c.apply("Relu", [value])
            : c.apply("Tanh", [value], { most: 1, error: value.error + c.rounded("float32", 1, 4) });
    value = next ?? value;
  }
  return c.apply("Tanh", [value], { most: 1, error: value.error + c.rounded("float32", 1, 4) }) ?? value;
}

const scalarBool = { dtype: "bool", shape: [], most: 1, error: 0 } as const;

const condition = (c: Context): Value =>
  (c.draw.chance(0.6) ? c.pick(({ dtype, shape }) => dtype === "bool" && shape.length === 0) : null) ??
  c.constant("bool", [], [c.draw.int(0, 1)]);

const branches: Maker = {
  weight: 2,
  make(c) {
    const x = c.pick(({ dtype, most, error }) => dtype === "float32" && most <= 8 && error < 1e-6);
    if (!x || c.depth >= MAX_DEPTH) return null;
    const chosen = condition(c);
    const results: Value[] = [];
    const branch = (name: string): PlainAttribute => {
      const scope = c.within(name, () => {
        // Nested at times.
        if (c.draw.chance(0.2)) branches.make(c);
        const last = gentle(c, x);
        results.push(last);
        result(c.scope.graph, last);
      });
      return { graph: scope.graph };
    };
    const attributes = { then_branch: branch("then"), else_branch: branch("else") };
    const [one, other] = results as [Value, Value];
    const told = {
      dtype: "float32",
      shape: x.shape,
      most: 1,
      error: Math.max(one.error, other.error),
    } as const;
    return c.emit("If", [chosen], [told], attributes);
  },
};

const loop: Maker = {
  weight: 2,
  make(c) {
    const { draw } = c;
    const x = c.pick(
      ({ dtype, most, error, shape }) =>
        dtype === "float32" && most <= 4 && error < 5e-7 && count(shape) <= 64,
    );
    if (!x || c.depth >= MAX_DEPTH) return null;
    const trips = draw.int(0, 3);
    let error = 0;
    const scope: Scope = c.within("loop", () => {
      const { graph } = c.scope;
      const iteration = parameter(c, "i", { dtype: "int64", shape: [], most: 4, error: 0 });
      const goes = parameter(c, "goes", scalarBool);
      const state = parameter(c, "state", { ...x, most: Math.max(x.most, 1), error: x.error });
      const number = c.must("Cast", [iteration], { dtype: "float32", error: 0 }, { to: { int: 1 } });
      const scaled = c.must("Mul", [number, c.constant("float32", [], [0.1])], {
        most: 0.4,
        error: c.rounded("float32", 1),
      });
      const moved = c.must("Add", [state, scaled], {
        shape: x.shape,
        dtype: "float32",
        most: state.most + 1,
        error: state.error + c.rounded("float32", 2, 2),
      });
      const next = gentle(c, moved);
      const on = c.must("Identity", [goes]);
      result(graph, on);
      result(graph, next);
      result(graph, moved);
      error = next.error;
    });
    const told = {
      dtype: "float32",
      shape: x.shape,
      most: Math.max(x.most, 1),
      error: x.error + (error - x.error + 1e-7) * trips,
    } as const;
    const all = { ...told, shape: [trips, ...x.shape], most: told.most + 1 };
    if (!c.allows(told) || !c.allows(all)) return null;
    const count_ = c.constant("int64", draw.one([[], [1]]), [trips]);
    return c.emit("Loop", [count_, draw.chance(0.5) ? c.constant("bool", [], [1]) : null, x], [told, all], {
      body: { graph: scope.graph },
    });
  },
};

const scan: Maker = {
  since: 9,
  make(c) {
    const x = c.pick(
      ({ dtype, most, error, shape }) =>
        dtype === "float32" &&
        most <= 4 &&
        error < 5e-7 &&
        shape.length >= 2 &&
        (shape[0] as number) <= 4 &&
        count(shape) <= 64 &&
        count(shape) > 0,
    );
    if (!x || c.depth >= MAX_DEPTH) return null;
    const [length = 1, ...shape] = x.shape;
    const start = c.floats(shape);
    let error = 0;
    const scope = c.within("scan", () => {
      const { graph } = c.scope;
      const state = parameter(c, "state", { dtype: "float32", shape, most: 1, error: x.error });
      const item = parameter(c, "item", { dtype: "float32", shape, most: x.most, error: x.error });
      const sum = c.must("Add", [state, item], {
        most: 1 + x.most,
        error: state.error + item.error + c.rounded("float32", 1 + x.most),
      });
      const next = gentle(c, sum);
      const out = c.must("Neg", [next]);
      result(graph, next);
      result(graph, out);
      error = next.error;
    });
    const known = { dtype: "float32", most: 1, error: (error + 1e-7) * length } as const;
    const outputs = [
      { ...known, shape },
      { ...known, shape: x.shape },
    ];
    if (!outputs.every((each) => c.allows(each))) return null;
    const backwards = c.draw.chance(0.3) ? { scan_input_directions: { ints: [1] } } : {};
    return c.emit("Scan", [start, x], outputs, {
      body: { graph: scope.graph },
      num_scan_inputs: { int: 1 },
      ...backwards,
    });
  },
};

/** Functions that call others do so this deep; each level rounds again. */
const MAX_LEVEL = 2;
const levels = new WeakMap<PlainFunction, number>();
const roundings = (level: number) => 16 * (level + 1);

/** The body of a function: what its caller's attribute bends, what another function makes of it, a branch. */
function fillFunction(c: Context, value: Value, inner: PlainFunction | null): void {
  const { draw } = c;
  const slope: PlainAttribute = { parameter: "slope", kind: 1 };
  let last = c.emit("LeakyRelu", [value], [value], { alpha: slope })[0] as Value;
  if (inner) {
    const known = { ...last, most: 1 };
    last = c.emit(
      inner.name,
      [last],
      [known],
      draw.chance(0.5) ? { slope } : { slope: { float: 0.25 } },
      "own",
    )[0] as Value;
  }
  if (draw.chance(0.4)) {
    const half = c.constant("float32", draw.one([[], [1]]), [0.5]);
    last = c.must("Mul", [last, half], { error: last.error + c.rounded("float32", last.most) });
  }
  if (draw.chance(0.4)) {
    const from = last;
    const branch = (name: string): PlainAttribute => ({
      graph: c.within(name, () => {
        const bent = draw.chance(0.5)
          ? (c.emit("LeakyRelu", [from], [from], { alpha: slope })[0] as Value)
          : from;
        const { name, dtype } = gentle(c, bent);
        c.scope.graph.outputs.push({ name, dtype, shape: null });
      }).graph,
    });
    const attributes = { then_branch: branch("then"), else_branch: branch("else") };
    const chosen = c.constant("bool", [], [draw.int(0, 1)]);
    last = c.emit("If", [chosen], [{ ...from, most: 1 }], attributes)[0] as Value;
  }
  result(c.scope.graph, c.must("Tanh", [last], { most: 1 }));
}

/** Operators of the model's own. */
const functions: Maker = {
  since: 15,
  weight: 3,
  make(c) {
    const { draw } = c;
    const x = c.pick(({ dtype, most, error }) => dtype === "float32" && most <= 8 && error < 1e-6);
    if (!x || c.scope.isFunction || c.depth > 1) return null;
    let called = c.functions.length > 0 && draw.chance(0.4) ? draw.one(c.functions) : null;
    // A function sees nothing around it: it is made at the top.
    if (!called && c.depth > 0) return null;
    if (!called) {
      const name = c.fresh("Own");
      const others = c.functions.filter((each) => (levels.get(each) ?? 0) < MAX_LEVEL);
      const inner = others.length > 0 && draw.chance(0.5) ? draw.one(others) : null;
      const value = { ...x, name: c.fresh("p") };
      const scope = c.within(
        name,
        () => {
          c.scope.values.push(value);
          fillFunction(c, value, inner);
        },
        true,
      );
      // Defaults came with IR 9.
      const isDefault = c.opset >= 21 && draw.chance(0.5);
      called = {
        domain: "own",
        name,
        inputs: [value.name],
        outputs: scope.graph.outputs.map((each) => each.name),
        attributes: isDefault ? [] : ["slope"],
        defaults: isDefault ? new Map([["slope", { float: 0.75 }]]) : new Map(),
        nodes: scope.graph.nodes,
      };
      levels.set(called, inner ? (levels.get(inner) ?? 0) + 1 : 0);
      c.functions.push(called);
    }
    const told = {
      dtype: "float32",
      shape: x.shape,
      most: 1,
      error: x.error + c.rounded("float32", 1, roundings(levels.get(called) ?? 0)),
    } as const;
    const isGiven = called.defaults.size === 0 || draw.chance(0.5);
    const given: Record<string, PlainAttribute> = isGiven ? { slope: { float: draw.one([0.1, 0.5]) } } : {};
    return c.emit(called.name, [x], [told], given, "own");
  },
};

const sequences: Maker = {
  since: 11,
  make(c) {
    const x = c.pick(({ dtype, shape }) => dtype === "float32" && shape.length > 0);
    const y = x && c.pick(({ dtype, shape }) => dtype === "float32" && shape.join() === x.shape.join());
    if (!x || !y) return null;
    // A sequence is no value that other makers may take: it is used up here.
    const list = { name: c.fresh("list") };
    const axis = c.draw.int(0, x.shape.length - 1);
    const shape = x.shape.map((dim, i) => (i === axis ? 2 * dim : dim));
    const told = {
      dtype: "float32",
      shape,
      most: Math.max(x.most, y.most),
      error: Math.max(x.error, y.error),
    } as const;
    if (!c.allows(told)) return null;
    c.scope.graph.nodes.push({
      op: "SequenceConstruct",
      inputs: [x.name, y.name],
      outputs: [list.name],
      attributes: new Map(),
    });
    const sequence = { ...x, name: list.name };
    if (c.draw.chance(0.3))
      return c.apply("SequenceAt", [sequence, c.constant("int64", [], [c.draw.int(0, 1)])], {
        ...told,
        shape: x.shape,
      });
    return c.apply("ConcatFromSequence", [sequence], told, { axis: { int: axis } });
  },
};

/** The same node once more, word for word. */
const twin: Maker = {
  weight: 2,
  make(c) {
    const { nodes } = c.scope.graph;
    const node = nodes.length > 0 ? c.draw.one(nodes.slice(-8)) : null;
    const outputs = node?.outputs.map((name) => c.scope.values.find((value) => value.name === name));
    if (
      !node ||
      !outputs?.every((value) => value) ||
      [...node.attributes.values()].some((each) => "graph" in each)
    )
      return null;
    const again = outputs.map((value) => ({ ...(value as Value), name: c.fresh("twin") }));
    nodes.push({ ...node, name: "", outputs: again.map(({ name }) => name) });
    c.scope.values.push(...again);
    return again;
  },
};

export const control: readonly Maker[] = [branches, loop, scan, functions, sequences, twin];
