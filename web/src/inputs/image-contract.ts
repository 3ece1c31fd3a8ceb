import type { ModelDetail } from "../../../src/client/index.ts";

/** What the page must know of the picture that a model takes. */
export interface ImageWish {
  /** Single strokes are expected, on this ground. */
  readonly ground?: "dark" | "light";
}

export function imageInput(contract: ModelDetail["contract"]): ImageWish {
  for (const input of Object.values(contract.inputs)) {
    if (input.kind === "image") return input.ground ? { ground: input.ground } : {};
  }
  return {};
}
