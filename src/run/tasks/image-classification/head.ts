import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "image-classification",
  title: "says what a picture shows",
  match(contract) {
    if (!inputOf(contract, "image")) return { fits: false, reason: "it takes no picture" };
    if (!outputOf(contract, "scores")) return { fits: false, reason: "it gives no scores of classes" };
    return { fits: true };
  },
};
