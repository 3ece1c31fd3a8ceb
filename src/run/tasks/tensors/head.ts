import type { TaskHead } from "../task.ts";

export const head: TaskHead = {
  id: "tensors",
  title: "takes and gives named tensors",
  match: () => ({ fits: true }),
};
