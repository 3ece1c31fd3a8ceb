import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "text-classification",
  title: "says of which kind a text is",
  match(contract) {
    const input = inputOf(contract, "text");
    if (!input) return { fits: false, reason: "it takes no text" };
    if (!outputOf(contract, "scores")) return { fits: false, reason: "it gives no scores of classes" };
    if (typeof input.tokenizer !== "object" || input.tokenizer === null) {
      return { fits: false, reason: "nothing says how its text becomes tokens" };
    }
    return { fits: true };
  },
};
