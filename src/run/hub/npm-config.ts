import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { homeFolder } from "../../base/node/index.ts";

/**
 * npm's own configuration as npm itself would load it here: registry, scopes, proxies, certificates and tokens, from the
 * project's, the user's and the machine's .npmrc and from the environment.
 */
export async function npmOptions(): Promise<Record<string, unknown>> {
  const [
    { default: Config },
    {
      default: { definitions, flatten, shorthands },
    },
  ] = await Promise.all([import("@npmcli/config"), import("@npmcli/config/lib/definitions/index.js")]);
  const config = new Config({
    npmPath: dirname(fileURLToPath(import.meta.url)),
    definitions,
    flatten,
    shorthands,
    argv: [],
    env: { ...process.env, HOME: homeFolder() },
  });
  await config.load();
  return { ...config.flat, ignoreScripts: true };
}
