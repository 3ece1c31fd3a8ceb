import { fail } from "../../base/errors/index.ts";

/** Parts of a graph that the runtime holds, model functions written out. */
export interface GraphSize {
  /** Nodes, those inside subgraphs included. */
  readonly nodes: number;
  /** Constant tensors that graphs hold by name. */
  readonly constants: number;
}

/*
 * The runtime's time to load a model grows with the square of its nodes and of its constants, and worse when it optimises
 * the graph. Seconds of one processor that InferenceSession.create of onnxruntime-node 1.30.0 took (x64, at
 * graphOptimizationLevel all / disabled), by the nodes of generated models:
 *
 *                                             5,000        10,000        20,000         25,000      40,000
 *   chain of Relu                          0.14 / 0.11   0.29 / 0.19   0.66 / 0.38
 *   chain of Add, each with a constant     0.51 / 0.19   2.2  / 0.40   11   / 1.3       — / 1.9
 *   Conv, Relu, Add in turn                0.69 / 0.15   5.4  / 0.30   29   / 0.69      — / 0.85
 *   MatMul, Add in turn                    0.33 / 0.21   1.1  / 0.51   6.2  / 1.6
 *   Sigmoids of one input, added in pairs  0.26 / 0.25   0.91 / 0.89   3.8  / 3.5       — / 5.4
 *   the same, added by one node            0.46 / 0.40   1.9  / 1.6    7.7  / 6.3       — / 11    over 60
 *   one node, so many unused constants     0.09 / 0.08   0.19 / 0.19   0.81 / 0.79                4.6 / 4.6
 *   Sum of three constants                                                                       27  / 4.2
 *
 * At 12,000 nodes and 4,000 constants the worst of these (Conv) takes 8.8 s with optimisation; at 50,000 constants the
 * worst takes 6.2 s without. A chain of 1,000,000 Relu takes minutes and 4 GB. Models that people trained stay below
 * 20,000 nodes, and mostly below 5,000.
 */

/** Above it a graph is not optimised before it runs: loading within some ten seconds is worth more than fused operators. */
const MAX_OPTIMIZED_PARTS = 16_000;
/** Above it no model is given to the runtime: the worst take more than ten seconds to load, optimised or not. */
const MAX_NODES = 25_000;
/** The same for constants. */
const MAX_CONSTANTS = 50_000;

/**
 * Whether the graph of a model is to be optimised.
 * @throws RUN_GRAPH_TOO_LARGE
 */
export function isOptimized({ nodes, constants }: GraphSize): boolean {
  if (nodes > MAX_NODES)
    throw fail("RUN_GRAPH_TOO_LARGE", { count: nodes, parts: "nodes", limit: MAX_NODES });
  if (constants > MAX_CONSTANTS) {
    throw fail("RUN_GRAPH_TOO_LARGE", { count: constants, parts: "constants", limit: MAX_CONSTANTS });
  }
  return nodes + constants <= MAX_OPTIMIZED_PARTS;
}
