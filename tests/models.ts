// Real models for the tests: files of packages, fetched by our own source into the cache that users have too.
import type { TestContext } from "vitest";
import { isModelyardError } from "../src/base/errors/index.ts";
import { resolveSource } from "../src/run/hub/index.ts";

/**
 * A file of a package. Without a network, and without the file in the cache, the test is skipped with that reason; where a skip is
 * a failure anyway, it fails, since a test that fails is run once more, and one that is skipped is not.
 */
export async function packageFile(
  context: Pick<TestContext, "skip">,
  source: string,
  sha256?: string,
): Promise<string> {
  try {
    return (await resolveSource(source, sha256 === undefined ? {} : { sha256 })).path;
  } catch (error) {
    const mayBeSkipped = process.env.MODELYARD_NO_SKIPS !== "1";
    if (mayBeSkipped && isModelyardError(error) && error.code === "HUB_UNREACHABLE")
      context.skip(`${source} needs the network`);
    throw error;
  }
}
