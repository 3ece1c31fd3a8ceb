import type { ValueType } from "../../graph/graph.ts";
import type { Operator, Subgraph, TfliteFile, TfliteTensor } from "./file/model.ts";
import { typeOf } from "./file/type.ts";
import { hintOf } from "./names.ts";
import type { OptionsOf } from "./schema/options.ts";

/**
 * What a model keeps from one run to the next. ONNX has no such thing: each state becomes one more input and one more output, in the
 * order of this list.
 */
export interface State {
  /** A tensor that is a variable; for a resource, the tensor that is read from it or written to it. */
  readonly tensor: TfliteTensor;
  /** What a resource is known by, over all subgraphs; null for a variable tensor. */
  readonly resource: string | null;
  /** What the input is called where no other value is, and the output: see nameSignature. */
  readonly name: string;
  readonly next: string;
  readonly type: ValueType | null;
}

/**
 * The states of a model: its variable tensors in their order, then its resources as they are first named. A variable that is an
 * input is what the caller says before each run.
 */
export function statesOf({ subgraphs }: TfliteFile): State[] {
  const states: State[] = [];
  const [main] = subgraphs;
  const variables = (main?.tensors ?? []).filter(({ isVariable, content }) => isVariable && !content);
  const used = variables.length > 0 ? new Set(main?.operators.flatMap(({ inputs }) => inputs)) : null;
  const given = new Set(main?.inputs);
  for (const tensor of variables) {
    if (!used?.has(tensor) || given.has(tensor)) continue;
    states.push(stateOf(tensor, null, hintOf(tensor)));
  }
  const resources = new Map<string, TfliteTensor | null>();
  for (const subgraph of subgraphs) {
    for (const [name, tensor] of resourcesOf(subgraph)) resources.set(name, resources.get(name) ?? tensor);
  }
  for (const [resource, tensor] of resources) if (tensor) states.push(stateOf(tensor, resource, resource));
  return states;
}

function stateOf(tensor: TfliteTensor, resource: string | null, name: string): State {
  return { tensor, resource, name, next: `${name}_next`, type: typeOf(tensor) };
}

/** What VAR_HANDLE names: resources of one name are one. */
export function resourceOf(operator: Operator): string {
  const { container, shared_name } = operator.options as OptionsOf<"VAR_HANDLE">;
  const name = container ? `${container}/${shared_name}` : shared_name;
  return name || (operator.outputs[0]?.name ?? "");
}

/** The resources that a subgraph names itself, and a tensor of what each holds. */
function resourcesOf({ operators }: Subgraph): Map<string, TfliteTensor | null> {
  const names = new Map<TfliteTensor, string>();
  const found = new Map<string, TfliteTensor | null>();
  for (const operator of operators) {
    const [handle, value] = operator.inputs;
    const [output] = operator.outputs;
    if (operator.name === "VAR_HANDLE" && output) {
      const name = resourceOf(operator);
      names.set(output, name);
      if (!found.has(name)) found.set(name, null);
    }
    const name = handle && names.get(handle);
    const held =
      operator.name === "READ_VARIABLE" ? output : operator.name === "ASSIGN_VARIABLE" ? value : null;
    if (name !== undefined && name !== null && held && !found.get(name)) found.set(name, held);
  }
  return found;
}
