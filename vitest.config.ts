import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

/**
 * Tests run the product as it is published: an import of src/x.ts is answered by dist/x.js, which Node
 * loads itself. So worker threads and child processes start without any TypeScript loader.
 */
const builtProduct = { find: /^(?:\.\.\/)+src\/(.*)\.ts$/, replacement: `${root}/dist/$1.js` };

/**
 * Where the whole is judged, a test that fails is run once more: a machine that others load may fail one of thousands by
 * chance, and one that is broken fails twice. tests/reporter.ts names what passed only so. At one's own desk nothing is hidden.
 */
const isGate = process.env.MODELYARD_GATE === "1" || process.env.CI !== undefined;

const shared = {
  resolve: { alias: [builtProduct] },
  test: {
    environment: "node" as const,
    pool: "forks" as const,
    // On two cores the default is one worker; half of what tests do is waiting for servers, children and files.
    maxWorkers: "100%",
    globalSetup: ["tests/build.ts"],
    server: { deps: { external: [/\/dist\//] } },
    // Limits are for what hangs, not for what is slow: many times what the slowest test takes on two cores.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 90_000 } },
    env: { ORT_DISABLE_TELEMETRY: "1" },
    retry: isGate ? 1 : 0,
  },
};

export default defineConfig({
  test: {
    reporters: ["default", "./tests/reporter.ts"],
    projects: [
      {
        ...shared,
        test: {
          ...shared.test,
          name: "fast",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/**/*.full.test.ts"],
        },
      },
      {
        ...shared,
        test: { ...shared.test, name: "full", include: ["tests/**/*.full.test.ts"], testTimeout: 1_800_000 },
      },
    ],
  },
});
