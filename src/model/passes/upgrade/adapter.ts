import type { Node } from "../../graph/graph.ts";
import type { Step } from "./step.ts";

/** What one operator needs at the version of its operator set where its meaning or its form changed. */
export interface Adapter {
  readonly op: string | readonly string[];
  /** The version that brought the change: the node is of an earlier one, and is of this one afterwards. */
  readonly since: number;
  /** Whether it asks for types that only inference can tell. */
  readonly types?: true;
  /**
   * Gives the node the form that its operator has since this version, so that it means what it meant; nodes that it adds
   * are written as the target has them. `step.refuse` ends it where that cannot be done.
   */
  adapt(node: Node, step: Step): void | Promise<void>;
}

/** A change that leaves every valid node valid and its meaning as it was. */
export interface Compatible {
  readonly op: string | readonly string[];
  readonly since: number | readonly number[];
  readonly because: string;
}
