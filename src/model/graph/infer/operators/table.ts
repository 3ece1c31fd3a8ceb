import type { Family, Rule } from "../rule.ts";
import { CASTS } from "./casts.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { GATHERING } from "./gathering.ts";
import { GENERATORS } from "./generators.ts";
import { JOINING } from "./joining.ts";
import { MATRICES } from "./matrices.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SHAPES } from "./shapes.ts";
import { SLICING } from "./slicing.ts";

/** Every family of operators. Another one is a file and a line here. */
const FAMILIES: readonly Family[] = [
  CASTS,
  ELEMENTWISE,
  GATHERING,
  GENERATORS,
  JOINING,
  MATRICES,
  REDUCTIONS,
  SHAPES,
  SLICING,
];

const RULES = new Map<string, Map<string, Rule>>();
for (const { domain, rules } of FAMILIES) {
  const of = RULES.get(domain) ?? new Map<string, Rule>();
  RULES.set(domain, of);
  for (const [name, rule] of Object.entries(rules)) of.set(name, rule);
}

/** The rule of an operator; none where its schema's types are all that is known of it. */
export function ruleOf(domain: string, op: string): Rule | undefined {
  return RULES.get(domain)?.get(op);
}
