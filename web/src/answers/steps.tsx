import type { AnswerProps } from "./given-answer.ts";
import { Json } from "./json.tsx";

/** What a pipeline answers: its text, where it has one, and all of it. */
export function Steps({ answer, given }: AnswerProps) {
  const text = textOf(answer);
  return (
    <>
      {text === "" && <p class="quiet">Nothing was read.</p>}
      {text !== "" &&
        text?.split("\n").map((line, i) => (
          <p class="said" key={`${i} ${line}`}>
            {line}
          </p>
        ))}
      <Json answer={answer} given={given} />
    </>
  );
}

function textOf(answer: unknown): string | null {
  if (typeof answer === "string") return answer;
  if (typeof answer !== "object" || answer === null || !("text" in answer)) return null;
  return typeof answer.text === "string" ? answer.text : null;
}
