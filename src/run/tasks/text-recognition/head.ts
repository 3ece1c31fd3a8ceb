import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "text-recognition",
  title: "reads one line of text in a picture",
  match(contract) {
    if (!inputOf(contract, "image")) return { fits: false, reason: "it takes no picture" };
    if (!outputOf(contract, "ctc")) return { fits: false, reason: "it gives no sequence of characters" };
    return { fits: true };
  },
};
