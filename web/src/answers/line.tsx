import { percent } from "../words.ts";
import type { AnswerProps } from "./given-answer.ts";

/** The line that was read. */
export function Line({ answer }: AnswerProps) {
  const { text, score } = answer as { text: string; score: number };
  if (text === "") return <p class="quiet">Nothing was read.</p>;
  return (
    <>
      <p class="said">{text}</p>
      <p class="quiet">Mean probability of its characters: {percent(score)}</p>
    </>
  );
}
