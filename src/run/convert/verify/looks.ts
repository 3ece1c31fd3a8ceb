import type { MoreOutput } from "../../../model/formats/index.ts";
import type { Alignment, Value, ValueType } from "../../../model/graph/index.ts";
import { type InferredTypes, inferTypes } from "../../../model/graph/infer/index.ts";
import { lookAt, type VerifiedModel } from "./side.ts";

/** A value of the original and the value of the result that is compared with it. */
export interface Look {
  /** The output of the original that it is, or for which it stands. */
  readonly output: string;
  readonly original: Seen;
  readonly result: Seen;
}

/** How a value is got from a session: by the name under which it is asked for, as an output that was added where need be. */
export interface Seen {
  readonly value: Value;
  readonly name: string;
  readonly added: MoreOutput | null;
}

/** Two models, what is which, and what is known of their types. */
export interface Compared {
  readonly original: VerifiedModel;
  readonly result: VerifiedModel;
  readonly alignment: Alignment;
  readonly originalTypes: InferredTypes;
  readonly resultTypes: InferredTypes;
  /** What the two are called in sentences. */
  readonly names: { readonly original: string; readonly result: string };
}

export async function compared(
  original: VerifiedModel,
  result: VerifiedModel,
  alignment: Alignment,
  names: Compared["names"],
  signal?: AbortSignal,
): Promise<Compared> {
  const options = signal ? { signal } : {};
  return {
    original,
    result,
    alignment,
    names,
    originalTypes: await inferTypes(original.model, options),
    resultTypes: await inferTypes(result.model, options),
  };
}

/** Values behind an output that cannot be read: as many steps back as a chain of sequences or maps is long in real models. */
const MAX_STEPS_BACK = 64;

/**
 * What is compared for each output of the original: the output of the result with its name, or else at its place. An output
 * that is a sequence or a map cannot be read through the runtime's binding: the tensors from which it is made stand for it.
 * @returns what cannot be compared, with the reason, besides
 */
export function looksAtOutputs(of: Compared): { looks: Look[]; left: Map<string, string> } {
  const looks: Look[] = [];
  const left = new Map<string, string>();
  const { original, result, originalTypes } = of;
  const named = new Map(result.model.graph.outputs.map((value) => [value.name, value]));
  for (const [i, value] of original.model.graph.outputs.entries()) {
    const twin = named.get(value.name) ?? result.model.graph.outputs[i];
    if (!twin) {
      left.set(value.name, `${of.names.result} has no such output`);
      continue;
    }
    const direct = lookOf(of, value.name, value, twin);
    if (direct) {
      looks.push(direct);
      continue;
    }
    const standIns = behind(value, originalTypes).flatMap((each) => {
      const other = twinOf(of, each);
      return (other && lookOf(of, value.name, each, other)) || [];
    });
    looks.push(...standIns);
    if (standIns.length === 0) left.set(value.name, "it is no tensor that the runtime's binding can read");
  }
  return { looks, left };
}

/** The value of the result that stands for one of the original: of the same name, or in the same place. */
export function twinOf({ alignment, result }: Compared, value: Value): Value | null {
  const named = result.model.graph.values.get(value.name);
  if (named?.producer) return named;
  const twin = alignment.values.get(value);
  return twin?.producer && twin.graph === result.model.graph ? twin : null;
}

export function lookOf(of: Compared, output: string, value: Value, twin: Value): Look | null {
  const original = seen(value, typeIn(of.originalTypes, value), of.original);
  const result = seen(twin, typeIn(of.resultTypes, twin), of.result);
  return original && result ? { output, original, result } : null;
}

function seen(value: Value, type: ValueType | null, { model }: VerifiedModel): Seen | null {
  const look = lookAt(value, type, model.graph.values);
  if (!look) return null;
  if (look.cast) return { value, name: look.cast.name, added: look };
  return { value, name: look.name, added: model.graph.outputs.includes(value) ? null : look };
}

function typeIn(types: InferredTypes, value: Value): ValueType | null {
  return types.typeOf(value) ?? value.type;
}

/** The nearest tensors from which a value is computed. */
function behind(value: Value, types: InferredTypes): Value[] {
  const found = new Set<Value>();
  const waiting = [value];
  for (let steps = 0; steps < MAX_STEPS_BACK && waiting.length > 0; steps++) {
    const { producer } = waiting.pop() as Value;
    for (const input of producer?.inputs ?? []) {
      if (!input?.producer) continue;
      const type = typeIn(types, input);
      if (type === null || type.kind === "tensor") found.add(input);
      else waiting.push(input);
    }
  }
  return [...found];
}
