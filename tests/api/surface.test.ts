import { expect, test } from "vitest";
import { surfaceOf } from "./surface.ts";

/**
 * Whoever changes what the package offers sees it here, and so does whoever reviews it: `npx vitest run --project fast tests/api -u`
 * takes it over, and CHANGELOG.md tells users.
 */
test.each([
  [".", "index"],
  ["./client", "client"],
  ["./model", "model"],
])("what %s offers is what it was", async (entry, name) => {
  const text = surfaceOf(entry);
  expect(text.split("\n").length).toBeGreaterThan(10);
  await expect(text).toMatchFileSnapshot(`./${name}.txt`);
});
