import type { Task } from "./task.ts";

/** The answer's schema of every task that gives classes with their scores. */
export function classesAnswer(description: string): Task["answer"] {
  return {
    type: "array",
    description,
    items: {
      type: "object",
      required: ["label", "score"],
      properties: {
        label: { type: "string", description: "The class; its index where the model has no labels." },
        score: { type: "number", description: "From 0 to 1 where the model's scores are probabilities." },
      },
    },
  };
}
