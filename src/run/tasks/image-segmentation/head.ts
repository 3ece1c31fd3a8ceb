import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "image-segmentation",
  title: "says what each pixel of a picture belongs to",
  match(contract) {
    if (!inputOf(contract, "image")) return { fits: false, reason: "it takes no picture" };
    if (!outputOf(contract, "mask")) return { fits: false, reason: "it gives no mask" };
    return { fits: true };
  },
};
