import type { Given } from "../inputs/given.ts";

export interface AnswerProps {
  readonly answer: unknown;
  /** What it is the answer to. */
  readonly given: Given;
}
