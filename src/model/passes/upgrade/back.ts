import { fail } from "../../../base/errors/index.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { nameText } from "../../graph/label.ts";
import { parameterAt, schemaOf, typeName } from "../../graph/schema/index.ts";
import type { Types } from "../types.ts";

/**
 * Changes of ai.onnx after the runtime's newest that only widen an operator: more element types, or an attribute whose default is what
 * was meant before. A node that uses neither is the same in both (changelog of onnx 1.23). Mod says more of
 * floats since 28, and of whole numbers what it said.
 */
const WIDENED: ReadonlyMap<string, number> = new Map([
  ["Range", 27],
  ["BitShift", 28],
  ["Cast", 28],
  ["Celu", 28],
  ["Compress", 28],
  ["DepthToSpace", 28],
  ["DequantizeLinear", 28],
  ["Einsum", 28],
  ["Mod", 28],
  ["OneHot", 28],
  ["Optional", 28],
  ["OptionalGetElement", 28],
  ["OptionalHasElement", 28],
  ["QuantizeLinear", 28],
  ["ReduceLogSum", 28],
  ["ReduceLogSumExp", 28],
  ["ReverseSequence", 28],
  ["SpaceToDepth", 28],
  ["Unique", 28],
]);

/** Operators that are named; the rest is counted. */
const NAMED = 6;

/**
 * Makes sure that nodes mean in an older version what they mean in their own: their operators are the same in both, or are wider since
 * in a way of which they make no use.
 * @param types asked for where an operator is wider
 * @throws MODEL_OPSET_DOWNGRADE with the operators of which that is not known
 */
export async function refuseToGoBack(
  { name, domain }: { readonly name: string; readonly domain: string },
  operators: ReadonlyMap<string, readonly Node[]>,
  from: number,
  version: number,
  types: () => Promise<Types>,
): Promise<void> {
  const changed: string[] = [];
  for (const [op, nodes] of operators) {
    const [now, then] = [schemaOf(domain, op, from), schemaOf(domain, op, version)];
    if (now && now === then) continue;
    const isWider = domain === "" && then !== undefined && WIDENED.get(op) === now?.since;
    const known = isWider ? await types() : null;
    if (!known || !then || !nodes.every((node) => isIn(node, then, known))) changed.push(op);
  }
  if (changed.length === 0) return;
  const more = changed.length > NAMED ? ` and ${changed.length - NAMED} more` : "";
  const list = changed.slice(0, NAMED).map((op) => nameText(op));
  throw fail("MODEL_OPSET_DOWNGRADE", {
    domain: name,
    from,
    version,
    operators: `${list.join(", ")}${more}`,
  });
}

const WHOLE = /^u?int/;

type Schema = NonNullable<ReturnType<typeof schemaOf>>;

/** Whether a version of an operator has all that a node uses: its attributes, and the types of what goes in and out. */
function isIn(node: Node, schema: Schema, types: Types): boolean {
  if (node.op === "Mod" && !node.inputs.every((value) => value && WHOLE.test(types.dtypeOf(value) ?? "")))
    return false;
  for (const name of node.attributes.keys()) if (!schema.attributes.has(name)) return false;
  const fits = (value: Value | null, index: number, of: Schema["inputs"]) => {
    if (value === null) return true;
    const dtype = types.dtypeOf(value);
    const type = dtype ? typeName({ kind: "tensor", dtype, shape: null }) : typeName(types.typeOf(value));
    return type !== null && (parameterAt(of, index)?.allowed.has(type) ?? false);
  };
  return (
    node.inputs.every((value, i) => fits(value, i, schema.inputs)) &&
    node.outputs.every((value, i) => fits(value, i, schema.outputs))
  );
}
