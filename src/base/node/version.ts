import { readFileSync, statSync } from "node:fs";

/** The package's own version, as package.json has it. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return String((JSON.parse(text) as { version: unknown }).version);
}

/** What would do the same otherwise: the version of this program, and in a checkout the time at which it was built. */
export function builtVersion(): string {
  const built = statSync(new URL("../../.build/stamp", import.meta.url), { throwIfNoEntry: false });
  return built ? `${packageVersion()}-${Math.floor(built.mtimeMs)}` : packageVersion();
}
