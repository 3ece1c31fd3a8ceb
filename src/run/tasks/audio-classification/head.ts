import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "audio-classification",
  title: "says what is heard in a sound",
  match(contract) {
    if (!inputOf(contract, "audio")) return { fits: false, reason: "it takes no sound" };
    if (!outputOf(contract, "scores")) return { fits: false, reason: "it gives no scores of classes" };
    if (Object.keys(contract.states).length > 0) return { fits: false, reason: "it hears a stream" };
    return { fits: true };
  },
};
