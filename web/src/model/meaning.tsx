import type { ModelDetail } from "../../../src/client/index.ts";

type Contract = ModelDetail["contract"];

const SURE: Readonly<Record<string, string>> = {
  written: "written by a person",
  declared: "declared by the file",
  high: "seen in the graph",
  medium: "likely",
  low: "a guess",
};

/** Each statement about the model's tensors, with where it comes from and how sure it is. */
export function Meaning({ contract: { evidence } }: { contract: Contract }) {
  if (evidence.length === 0) return null;
  return (
    <section>
      <h2>What it means, and why we think so</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Statement</th>
              <th scope="col">Reason</th>
              <th scope="col">How sure</th>
            </tr>
          </thead>
          <tbody>
            {evidence.map(({ field, reason, source, confidence }) => (
              <tr key={`${field} ${source}`}>
                <td class="code">{field}</td>
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
