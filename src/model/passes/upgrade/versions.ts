import { newestOpset, RUNTIME_OPSET } from "../../graph/schema/index.ts";

/** The newest operator set of ai.onnx to which models are brought: the newest that the runtime runs officially. */
export const NEWEST_OPSET = RUNTIME_OPSET;

/** The newest version of a domain that `upgradeTo` knows the way to; undefined where it knows none. */
export function newestOf(domain: string): number | undefined {
  if (domain === "") return NEWEST_OPSET;
  return domain === "ai.onnx.ml" ? newestOpset(domain) : undefined;
}

/**
 * The IR version that came with each version of ai.onnx, in releases of ONNX (onnx.helper.VERSION_TABLE): a model of an
 * operator set is of this IR version at least.
 */
const IR_OF_OPSET: readonly (readonly [opset: number, ir: number])[] = [
  [1, 3],
  [9, 4],
  [10, 5],
  [11, 6],
  [12, 7],
  [15, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [24, 12],
  [25, 13],
];

/** The same of ai.onnx.ml. */
const IR_OF_ML: readonly (readonly [opset: number, ir: number])[] = [
  [1, 3],
  [2, 6],
  [3, 8],
  [4, 9],
  [5, 10],
];

/** The least IR version of a model that imports this version of a domain. */
export function irVersionFor(domain: string, version: number): number {
  let least = 3;
  for (const [opset, ir] of domain === "" ? IR_OF_OPSET : IR_OF_ML) if (opset <= version) least = ir;
  return least;
}
