import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "text-detection",
  title: "finds pieces of text in a picture",
  match(contract) {
    if (!inputOf(contract, "image")) return { fits: false, reason: "it takes no picture" };
    if (!outputOf(contract, "text-map")) return { fits: false, reason: "it gives no map of text" };
    return { fits: true };
  },
};
