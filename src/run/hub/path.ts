import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { checkFile, fileError } from "../../base/node/index.ts";
import { checkDigest, sha256Of } from "./cache.ts";
import type { SourceKind } from "./source.ts";

/** A file on this machine: used where it lies. */
export const pathSource: SourceKind = {
  scheme: "",
  form: "a path",
  async resolve(source, { sha256, signal }) {
    const path = resolve(source);
    const info = await stat(path).catch((cause: unknown) => {
      throw fileError(source, cause);
    });
    checkFile(source, info);
    const digest = sha256 === undefined ? null : await sha256Of(path, signal);
    if (digest !== null) checkDigest(source, digest, sha256);
    return { path, source, bytes: info.size, sha256: digest };
  },
};
