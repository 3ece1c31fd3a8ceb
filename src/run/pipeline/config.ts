import { basename, dirname, resolve } from "node:path";
import type { Contract, ModelFile } from "../../model/contract/contract.ts";
import type { Signature } from "../../model/tensor/tensor.ts";
import type { Found } from "./folder.ts";

/** What a person wrote of a model. */
export interface Config {
  /** model.yaml, and what it leaves open from config.pbtxt. */
  readonly file: ModelFile;
  /** Holds config.pbtxt to the model; the signature with what it fixes. @throws CONTRACT_PBTXT_MISFIT */
  compare(signature: Signature, contract: Contract): Signature;
}

/** @throws CONTRACT_PBTXT_* */
export async function readConfig({ file, pbtxt }: Found): Promise<Config> {
  if (!pbtxt) return { file, compare: (signature) => signature };
  // Only models of Triton's repositories have one.
  const { compareDeclared, importConfigPbtxt, parseConfigPbtxt, readDeclared } = await import(
    "../../model/contract/pbtxt/index.ts"
  );
  const { path } = pbtxt;
  const config = parseConfigPbtxt(pbtxt.text, path);
  const imported = importConfigPbtxt(config, path);
  const declared = readDeclared(config, path);
  const folder = basename(dirname(resolve(path)));
  return {
    file: { ...imported, ...file, serving: { ...imported.serving, ...file.serving } },
    compare: (signature, contract) =>
      compareDeclared(declared, signature, {
        folder,
        held: heldTensors([contract, file]),
        keepsStates: [contract, imported, file].some(({ states = {} }) => Object.keys(states).length > 0),
      }),
  };
}

/** Tensors that a stream or the contract gives, so that nobody who asks sees them. */
function heldTensors(parts: readonly Pick<ModelFile, "states" | "constants">[]): Set<string> {
  return new Set(
    parts.flatMap(({ states = {}, constants = {} }) => [
      ...Object.values(states).flatMap(({ input, output }) => [input, output]),
      ...Object.values(constants).map(({ tensor }) => tensor),
    ]),
  );
}
