import type { AnswerProps } from "./given-answer.ts";

/** More characters would only make the page slow. */
const MAX_SHOWN = 20_000;

/** An answer as it came, lists of numbers on one line. */
export function Json({ answer }: AnswerProps) {
  const text = print(answer);
  const rest = text.length - MAX_SHOWN;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre class="json" tabIndex={0}>
        {text.slice(0, MAX_SHOWN)}
        {rest > 0 && `\n… and ${rest} more characters`}
      </pre>
    </>
  );
}

function print(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((each) => typeof each !== "object" || each === null)) {
      return `[${value.map((each) => JSON.stringify(each)).join(", ")}]`;
    }
    return `[\n${value.map((each) => deeper + print(each, deeper)).join(",\n")}\n${indent}]`;
  }
  const parts = Object.entries(value).map(
    ([key, each]) => `${deeper}${JSON.stringify(key)}: ${print(each, deeper)}`,
  );
  return `{\n${parts.join(",\n")}\n${indent}}`;
}
