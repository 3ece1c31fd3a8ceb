import type { Contract } from "../../model/contract/contract.ts";

/** What a model's tensors mean, or what works it out: that loads much, and only who makes up inputs needs it. */
export type ContractSource = Contract | (() => Promise<Contract>);

export async function contractOf(source: ContractSource): Promise<Contract> {
  return typeof source === "function" ? source() : source;
}
