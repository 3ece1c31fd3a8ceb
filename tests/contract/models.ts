// What the contract says of the models that tests/fixtures/contract/make.py wrote, with files beside them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bufferModelSource } from "../../src/base/sources/index.ts";
import { type Contract, describe, type Evidence, inferContract } from "../../src/model/contract/index.ts";
import { openModel, signatureOf } from "../../src/model/formats/index.ts";
import type { Signature } from "../../src/model/tensor/index.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/contract");

export interface Inferred {
  contract: Contract;
  signature: Signature;
  sentence: string;
  /** What was said of a field; fails where nothing was, or several things. */
  evidence(field: string): Evidence;
}

/** @param beside files by name: text, or what becomes JSON */
export async function infer(name: string, beside: Record<string, unknown> = {}): Promise<Inferred> {
  const siblings = Object.fromEntries(
    Object.entries(beside).map(([file, content]) => [
      file,
      Buffer.from(typeof content === "string" ? content : JSON.stringify(content)),
    ]),
  );
  const source = bufferModelSource(readFileSync(join(FOLDER, `${name}.onnx`)), {
    name: `${name}.onnx`,
    siblings,
  });
  const model = await openModel(source);
  const signature = signatureOf(model);
  const contract = await inferContract(model, (file) => source.sibling(file));
  const evidence = (field: string) => {
    const found = contract.evidence.filter((each) => each.field === field);
    if (found.length !== 1) throw new Error(`${field} is stated ${found.length} times`);
    return found[0] as Evidence;
  };
  return { contract, signature, sentence: describe(signature, contract).sentence, evidence };
}

/** Every fixture, by name. */
export const FIXTURES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".onnx"))
  .map((file) => file.slice(0, -".onnx".length));
