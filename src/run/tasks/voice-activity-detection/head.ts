import { inputOf, outputOf } from "../inputs.ts";
import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "voice-activity-detection",
  title: "finds where somebody speaks",
  match(contract) {
    const input = inputOf(contract, "audio");
    if (!input) return { fits: false, reason: "it takes no sound" };
    if (input.frame === null) return { fits: false, reason: "it takes no frames, but whole sounds" };
    if (!outputOf(contract, "probability")) return { fits: false, reason: "it gives no probability a frame" };
    return { fits: true };
  },
};
