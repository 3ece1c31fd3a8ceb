import { fail } from "../../base/errors/index.ts";
import type { Signature, TensorSpec, Tensors } from "../../model/tensor/tensor.ts";

/** Refuses feeds beyond what was declared of a model. @throws RUN_ROWS, RUN_INPUT_SHAPE */
export type CheckBounds = (feeds: Tensors) => void;

export interface Bounds {
  /** Name of the model, for messages. */
  readonly model: string;
  /** Most rows of one request: `max_batch`, or max_batch_size of config.pbtxt; 0 and undefined set no limit. */
  readonly rows: number | undefined;
}

/**
 * The runtime's signature with the lengths that a person fixed (dims of config.pbtxt) where the model leaves them open,
 * with the ranks that the file leaves open, and without the outputs that are not to be offered.
 */
export function narrow(signature: Signature, opened: Signature): Signature {
  const declared = new Map(opened.inputs.map((spec) => [spec.name, spec.shape]));
  const inputs = signature.inputs.map((spec): TensorSpec => {
    const shape = declared.get(spec.name);
    if (shape === null) return unranked(spec);
    if (!shape || shape.length !== spec.shape?.length) return spec;
    return { ...spec, shape: spec.shape.map((dim, at) => fixed(dim) ?? fixed(shape[at]) ?? dim) };
  });
  const offered = new Map(opened.outputs.map(({ name, shape }) => [name, shape]));
  const outputs = signature.outputs
    .filter(({ name }) => offered.has(name))
    .map((spec) => (offered.get(spec.name) === null ? unranked(spec) : spec));
  return { inputs, outputs };
}

/** The runtime reports an unknown rank and a scalar alike as []; only the file tells them apart. */
function unranked(spec: TensorSpec): TensorSpec {
  return spec.shape?.length === 0 ? { ...spec, shape: null } : spec;
}

/**
 * The check for what a person declared, which bounds what one request brings on whatever way it comes. Shapes that the
 * model itself fixes are the session's to check; only an open leading dimension counts rows.
 */
export function checkBounds(signature: Signature, narrowed: Signature, { model, rows }: Bounds): CheckBounds {
  const checks: CheckBounds[] = [];
  for (const [index, { name, shape }] of signature.inputs.entries()) {
    const wanted = narrowed.inputs[index]?.shape ?? [];
    if (!shape) continue;
    if (rows && shape.length > 0 && fixed(wanted[0]) === undefined) {
      checks.push((feeds) => {
        const given = shapeOf(feeds, name)[0] ?? 0;
        if (given > rows) throw fail("RUN_ROWS", { model, rows: given, limit: rows });
      });
    }
    for (const [at, dim] of shape.entries()) {
      const length = fixed(wanted[at]);
      if (length === undefined || fixed(dim) !== undefined) continue;
      checks.push((feeds) => {
        const given = shapeOf(feeds, name);
        if (given.length !== shape.length || given[at] === length) return;
        throw fail("RUN_INPUT_SHAPE", { name, expected: shown(wanted), given: shown(given) });
      });
    }
  }
  return (feeds) => {
    for (const check of checks) check(feeds);
  };
}

function shapeOf(feeds: Tensors, name: string): readonly number[] {
  return (Object.hasOwn(feeds, name) && feeds[name]?.shape) || [];
}

function fixed(dim: number | string | null | undefined): number | undefined {
  return typeof dim === "number" ? dim : undefined;
}

function shown(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}
