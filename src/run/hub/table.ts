import { fail } from "../../base/errors/index.ts";
import { httpsSource } from "./https.ts";
import { npmSource } from "./npm.ts";
import { pathSource } from "./path.ts";
import type { SourceKind } from "./source.ts";

const later = (scheme: string, form: string): SourceKind => ({
  scheme,
  form,
  resolve(source) {
    throw fail("HUB_SCHEME_LATER", { source, form });
  },
});

/** Where models come from: a file and a line each. */
export const SOURCES: readonly SourceKind[] = [
  pathSource,
  httpsSource("https"),
  httpsSource("http"),
  npmSource,
  later("hf", "hf:org/name"),
  later("s3", "s3://bucket/key"),
  later("oci", "oci://registry/name:tag"),
];
