import type { TfliteFile } from "./file/model.ts";

/** What a person should know of a file that its signature does not show. */
export function notesOf({ subgraphs, metadata, signatures }: TfliteFile): string[] {
  const notes: string[] = [];
  const [main] = subgraphs;
  const kinds = new Map<string, number>();
  for (const { tensors } of subgraphs)
    for (const { type, quantization, content } of tensors)
      if (quantization && type !== "FLOAT32") {
        const kind = `${type}${content ? " constants" : ""}${quantization.scale.length > 1 ? " by channel" : ""}`;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
  if (kinds.size > 0)
    notes.push(`quantised tensors: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
  const stored = (["inputs", "outputs"] as const).flatMap((side) =>
    (main?.[side] ?? []).flatMap(({ name, type, quantization }) => {
      const [scale] = quantization?.scale ?? [];
      if (scale === undefined || type === "FLOAT32") return [];
      return [`${name}: ${scale} × (stored − ${quantization?.zeroPoint[0]})`];
    }),
  );
  if (stored.length > 0) notes.push(`real values of ${stored.join("; ")}`);
  const variables = subgraphs.reduce(
    (sum, { tensors }) => sum + tensors.filter(({ isVariable }) => isVariable).length,
    0,
  );
  if (variables > 0) notes.push(`${variables} tensors keep their content from run to run`);
  const sparse = subgraphs.reduce(
    (sum, { tensors }) => sum + tensors.filter(({ sparsity }) => sparsity).length,
    0,
  );
  if (sparse > 0) notes.push(`${sparse} sparse constants`);
  if (metadata.length > 0) notes.push(`metadata: ${metadata.map(({ name }) => name).join(", ")}`);
  for (const { key, inputs, outputs } of signatures) {
    const names = (maps: readonly { readonly name: string }[]) => maps.map(({ name }) => name).join(", ");
    notes.push(`signature ${key}: ${names(inputs)} → ${names(outputs)}`);
  }
  return notes;
}
