import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "object-detection",
  title: "finds things in a picture",
  match(contract) {
    if (!inputOf(contract, "image")) return { fits: false, reason: "it takes no picture" };
    if (!outputOf(contract, "detections")) return { fits: false, reason: "it gives no boxes with scores" };
    return { fits: true };
  },
};
