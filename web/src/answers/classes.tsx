import { percent } from "../words.ts";
import type { AnswerProps } from "./given-answer.ts";

/** The classes with their scores as bars, best first. */
export function Classes({ answer }: AnswerProps) {
  const classes = answer as readonly { label: string; score: number }[];
  const isShare = classes.every(({ score }) => score >= 0 && score <= 1);
  const most = Math.max(...classes.map(({ score }) => Math.abs(score)), Number.MIN_VALUE);
  return (
    <>
      <p class="said">{classes[0]?.label}</p>
      <ol class="classes">
        {classes.map(({ label, score }) => (
          <li key={label}>
            <span class="label">{label}</span>
            <span class="bar">
              <span style={{ width: `${(100 * Math.max(0, score)) / (isShare ? 1 : most)}%` }} />
            </span>
            <span class="score">{isShare ? percent(score) : score.toPrecision(4)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
