import type { ModelDetail } from "../../../src/client/index.ts";

type Tensors = ModelDetail["signature"]["inputs"];

/** The tensors by name, element type and shape. */
export function Signature({ signature }: { signature: ModelDetail["signature"] }) {
  return (
    <section>
      <h2>Signature</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col" />
              <th scope="col">Tensor</th>
              <th scope="col">Type</th>
              <th scope="col">Shape</th>
            </tr>
          </thead>
          <tbody>
            <Rows side="in" tensors={signature.inputs} />
            <Rows side="out" tensors={signature.outputs} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Rows({ side, tensors }: { side: string; tensors: Tensors }) {
  return tensors.map(({ name, dtype, shape }) => (
    <tr key={`${side} ${name}`}>
      <td class="quiet">{side}</td>
      <td class="code">{name}</td>
      <td class="code">{dtype}</td>
      <td class="code">{shape === null ? "any" : `[${shape.map((dim) => dim ?? "?").join(", ")}]`}</td>
    </tr>
  ));
}
