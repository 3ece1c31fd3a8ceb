export type Severity = "error" | "warning";

/** Something wrong with a model, and where. Plain data: it leaves the program as JSON. */
export interface Finding {
  /** Id of the rule, which stays the same from version to version: "value-missing". */
  readonly rule: string;
  /** An error stops the model from running, or leaves open what it computes; a warning does neither by itself. */
  readonly severity: Severity;
  /** What is wrong here, one sentence. */
  readonly message: string;
  /** What can be done about it, one sentence. */
  readonly remedy: string;
  /**
   * Where the graph stands: "" is the model's own, "If_3.then_branch" a subgraph of the node If_3, "function f" the body of
   * a function; levels are parted by " > ".
   */
  readonly graph: string;
  readonly node?: {
    /** Often empty: the index tells nodes apart. */
    readonly name: string;
    /** "Conv", "com.microsoft.FusedConv" */
    readonly op: string;
    /** Place among the nodes of its graph, from 0. */
    readonly index: number;
  };
  readonly value?: string;
  readonly attribute?: string;
}
