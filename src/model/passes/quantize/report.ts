import type { Node } from "../../graph/graph.ts";

/** A weight that is held in fewer bits. */
export interface QuantizedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Operators that read it, as they were: "MatMul", "Gather". */
  readonly operators: readonly string[];
  readonly bits: number;
  /** Bytes before, and after with scales and zero points. */
  readonly before: number;
  readonly after: number;
}

/** Nodes or weights that stay as they are, for one reason. */
export interface LeftAlone {
  /** Completes "left as it is, since …". */
  readonly reason: string;
  readonly count: number;
  /** Names of the first few. */
  readonly names: readonly string[];
}

/** What became of a model's weights. */
export interface QuantizeReport {
  readonly precision: string;
  readonly weights: readonly QuantizedWeight[];
  readonly left: readonly LeftAlone[];
}

/** Names that are listed for a reason; the rest is counted. */
const MAX_NAMES = 5;

/** Gathers what a pass has to tell. */
export class Tally {
  readonly #weights: QuantizedWeight[] = [];
  readonly #left = new Map<string, { names: string[]; count: number }>();

  quantized(weight: QuantizedWeight): void {
    this.#weights.push(weight);
  }

  left(reason: string, name: string): void {
    const known = this.#left.get(reason) ?? { names: [], count: 0 };
    this.#left.set(reason, known);
    known.count++;
    if (known.names.length < MAX_NAMES) known.names.push(name);
  }

  report(precision: string): QuantizeReport {
    const left = [...this.#left].map(([reason, { names, count }]) => ({ reason, count, names }));
    return { precision, weights: this.#weights, left };
  }
}

/** What a node is called in a report. */
export function nodeText({ name, op, outputs }: Node): string {
  return name || outputs[0]?.name || op;
}
