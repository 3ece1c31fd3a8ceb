import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { makeFolder } from "../../base/node/index.ts";
import { type ConvertReport, convertModel } from "../convert/index.ts";
import { compileOpened } from "../pipeline/compile.ts";
import type { OpenedModel } from "../pipeline/index.ts";
import { openFile } from "../pipeline/open-file.ts";
import { isThere } from "./kept.ts";
import type { Place } from "./variant/messages.ts";
import type { Variant } from "./variant/variant.ts";

/** A variant's files. */
export interface Prepared {
  readonly place: Place;
  /** Bytes on disk. */
  readonly size: number;
}

/** Makes the files of variants, each once, in a folder. */
export class Preparing {
  readonly #opened: OpenedModel;
  readonly #folder: string;
  readonly #origin: Place;
  readonly #signal: AbortSignal;
  readonly #making = new Map<string, Promise<Prepared>>();

  constructor(opened: OpenedModel, folder: string, origin: Place, signal: AbortSignal) {
    this.#opened = opened;
    this.#folder = folder;
    this.#origin = origin;
    this.#signal = signal;
  }

  /** @throws TUNE_UNCHANGED, CONVERT_*, COMPILE_*, MODEL_*, FILE_*, ABORTED */
  files({ precision, compiled }: Pick<Variant, "precision" | "compiled">): Promise<Prepared> {
    const name = `${precision}${compiled ? "-compiled" : ""}`;
    let prepared = this.#making.get(name);
    if (!prepared) {
      prepared = compiled ? this.#compile(precision, join(this.#folder, name)) : this.#convert(precision);
      this.#making.set(name, prepared);
    }
    return prepared;
  }

  async #convert(precision: Variant["precision"]): Promise<Prepared> {
    if (precision === "original") return { place: this.#origin, size: this.#opened.bytes };
    const folder = join(this.#folder, precision);
    const model = join(folder, "model.onnx");
    if (!(await isThere(model))) {
      await makeFolder(folder);
      const opened = this.#opened;
      const { quantized } = await convertModel({ ...opened, contract: opened.contract }, model, {
        precision,
        signal: this.#signal,
      });
      if (quantized?.weights.length === 0) {
        await rm(folder, { recursive: true, force: true });
        throw unchanged(quantized);
      }
    }
    return { place: { ...this.#origin, model }, size: await sizeOf(folder) };
  }

  async #compile(precision: Variant["precision"], folder: string): Promise<Prepared> {
    const { place } = await this.files({ precision, compiled: false });
    if (!(await isThere(join(folder, "artefact.json")))) {
      const file = await openFile(
        place.model ?? place.source,
        place.cache === undefined ? {} : { cache: place.cache },
      );
      try {
        await compileOpened(file, folder, { signal: this.#signal });
      } finally {
        await file.close();
      }
    }
    return { place: { ...place, artefact: folder }, size: await sizeOf(folder) };
  }
}

/** A copy of the original, measured under another name, would be told from it by chance alone. */
function unchanged({ precision, left }: NonNullable<ConvertReport["quantized"]>) {
  const why = left.map(
    ({ count, reason }) => `${count} left as ${count === 1 ? "it is" : "they are"}, since ${reason}`,
  );
  return fail("TUNE_UNCHANGED", { precision, left: why.length > 0 ? `: ${why.join("; ")}` : "" });
}

async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder)) sum += (await stat(join(folder, name))).size;
  return sum;
}
