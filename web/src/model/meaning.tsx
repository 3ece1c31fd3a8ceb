import type { ModelDetail } from "../../../src/client/index.ts";

const SURE: Readonly<Record<string, string>> = {
  written: "written by a person",
  declared: "declared by the file",
  high: "seen in the graph",
  medium: "likely",
  low: "a guess",
};

/** Each statement about the model's tensors, with where it comes from and how sure it is. */
export function Meaning({ reasons }: { reasons: ModelDetail["reasons"] }) {
  if (reasons.length === 0) return null;
  return (
    <section>
      <h2>What it means, and why we think so</h2>
      <div class="scroll">
        <table class="reasons">
          <thead>
            <tr>
              <th scope="col">Statement</th>
              <th scope="col">Reason</th>
              <th scope="col">How sure</th>
            </tr>
          </thead>
          <tbody>
            {reasons.map(({ text, reason, source, confidence }) => (
              <tr key={`${text} ${source}`}>
                <td class="code">{text}</td>
                <td>{reason}</td>
                <td>
                  <span class={`sure ${confidence}`}>{SURE[confidence] ?? confidence}</span>
                  <span class="quiet"> {source}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
