import type { SparseTensor } from "../../graph.ts";
import { nameText } from "../../label.ts";
import type { CheckContext, Rule } from "../rule.ts";

export const sparseTensor: Rule = {
  id: "sparse-tensor",
  severity: "error",
  title: "A sparse tensor that does not hold together",
  remedy: "Export it again, or as a dense tensor.",
  async model(context, found) {
    for (const scope of context.scopes.values()) {
      for (const { name, sparse } of scope.graph.values.values()) {
        const wrong = sparse && (await wrongWith(sparse, context));
        if (wrong) found(`The sparse constant ${nameText(name)} ${wrong}.`, { scope, value: name });
      }
      const { nodes } = scope.graph;
      for (let index = 0; index < nodes.length; index++) {
        const node = nodes[index]!;
        for (const [attribute, { kind, value }] of node.attributes) {
          if (kind !== "sparse" && kind !== "sparses") continue;
          for (const each of kind === "sparse" ? [value] : value) {
            const wrong = await wrongWith(each, context);
            if (wrong)
              found(`The attribute ${nameText(attribute)} ${wrong}.`, { scope, node, index, attribute });
          }
        }
      }
    }
  },
};

/** onnx.proto, SparseTensorProto; the rest of a sentence, or null. */
async function wrongWith(sparse: SparseTensor, { signal }: CheckContext): Promise<string | null> {
  const { values, indices, shape } = sparse;
  if (values.shape.length !== 1) return `has values of ${values.shape.length} dimensions in place of one`;
  if (indices.dtype !== "int64") return `has indices of ${indices.dtype} in place of int64`;
  if (shape.some((dim) => dim <= 0)) return `has the shape ${shape.join(" × ")}, whose lengths begin at 1`;
  const count = values.shape[0] as number;
  const [rows, columns = 1] = indices.shape;
  const coordinates = indices.shape.length === 2;
  if (indices.shape.length < 1 || indices.shape.length > 2 || rows !== count)
    return `has indices of shape ${indices.shape.join(" × ")} for ${count} values`;
  if (coordinates && columns !== shape.length)
    return `has ${columns} coordinates for a value where its shape has ${shape.length} dimensions`;
  // Both forms are one position in row-major order, which only grows.
  const lengths = coordinates ? shape : [shape.reduce((product, dim) => product * dim, 1)];
  let before = -1;
  let position = 0;
  let column = 0;
  // Pieces are whole numbers of eight bytes, since the piece asked for is.
  for await (const bytes of indices.stream(undefined, signal)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += 8) {
      const index = Number(view.getBigInt64(at, true));
      const length = lengths[column] as number;
      if (index < 0 || index >= length)
        return `has the index ${index} where ${coordinates ? `dimension ${column}` : "it"} has ${length} elements`;
      position = position * length + index;
      column++;
      if (column < lengths.length) continue;
      if (position <= before) return "has indices that are not in order, or twice the same";
      before = position;
      position = 0;
      column = 0;
    }
  }
  return null;
}
