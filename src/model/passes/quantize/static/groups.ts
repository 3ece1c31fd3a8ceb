import type { Value } from "../../../graph/graph.ts";

/** Values that have one scale, since what lies between them only moves numbers. */
export class Groups {
  readonly #parents = new Map<Value, Value>();

  /** What stands for a value and for all that have its scale. */
  of(value: Value): Value {
    let root = value;
    for (let next = this.#parents.get(root); next; next = this.#parents.get(root)) root = next;
    // Whoever was passed on the way knows the end from now on.
    for (let at = value; at !== root; ) {
      const next = this.#parents.get(at) as Value;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  join(a: Value, b: Value): void {
    const [from, to] = [this.of(a), this.of(b)];
    if (from !== to) this.#parents.set(from, to);
  }
}
