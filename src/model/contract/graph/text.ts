import type { Value } from "../../graph/graph.ts";
import { type Draft, say } from "../claims.ts";

/** Names that exporters give to what a tokenizer makes, by its role. */
const ROLES: Readonly<Record<string, RegExp>> = {
  ids: /^(input_?ids|input_word_ids|tokens?|token_?ids|input_tokens|text_input_ids|input\.1_ids)$/i,
  mask: /^(attention_?mask|input_?mask|mask|padding_mask)$/i,
  types: /^(token_?type_?ids|input_type_ids|segment_?ids|segments)$/i,
  positions: /^(position_?ids)$/i,
};

/** Pairs whole-number inputs with their roles, where token ids are among them. Says which inputs are taken. */
export function addText(draft: Draft, inputs: readonly Value[]): Set<Value> {
  const taken = new Set<Value>();
  const tensors: Record<string, string> = {};
  for (const [role, pattern] of Object.entries(ROLES)) {
    const free = inputs.filter((each) => !taken.has(each) && isTokens(each));
    const value =
      free.find(({ name }) => draft.claims.get(`tokens:${name}`)?.value === role) ??
      free.find(({ name }) => pattern.test(plain(name))) ??
      (role === "ids" ? free.find((each) => isText(draft, each)) : undefined);
    if (!value) continue;
    tensors[role] = value.name;
    taken.add(value);
  }
  if (tensors.ids === undefined) return new Set();
  const tokenizer = draft.claims.get("tokenizer");
  const maxLength = draft.claims.get("maxLength");
  draft.contract.inputs.text = {
    kind: "text",
    tensors,
    tokenizer: tokenizer?.value ?? null,
    maxLength: maxLength?.value ?? null,
  };
  const names = Object.values(tensors);
  const reason =
    names.length === 1
      ? `${names[0]} has the name and type of what a tokenizer makes`
      : `${names.join(", ")} have the names and types of what a tokenizer makes`;
  const denoted = draft.claims.get(`kind:${tensors.ids}`);
  say(draft, "inputs.text", denoted ?? { source: "graph", confidence: "high", reason });
  if (tokenizer) say(draft, "inputs.text.tokenizer", tokenizer);
  if (maxLength) say(draft, "inputs.text.maxLength", maxLength);
  return taken;
}

/** A name without what TensorFlow's signatures put around it. */
function plain(name: string): string {
  return name.replace(/^serving_default_/, "").replace(/:0$/, "");
}

function isText(draft: Draft, { name }: Value): boolean {
  return draft.claims.get(`kind:${name}`)?.value === "text";
}

function isTokens(value: Value): boolean {
  return (
    value.type?.kind === "tensor" && /^int(32|64)$/.test(value.type.dtype) && value.type.shape?.length !== 0
  );
}
