import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

/**
 * Tests run the product as it is published: an import of src/x.ts is answered by dist/x.js, which Node
 * loads itself. So worker threads and child processes start without any TypeScript loader.
 */
const builtProduct = { find: /^(?:\.\.\/)+src\/(.*)\.ts$/, replacement: `${root}/dist/$1.js` };

const shared = {
  resolve: { alias: [builtProduct] },
  test: {
    environment: "node" as const,
    pool: "forks" as const,
    // On two cores the default is one worker; half of what tests do is waiting for servers, children and files.
    maxWorkers: "100%",
    globalSetup: ["tests/build.ts"],
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    env: { ORT_DISABLE_TELEMETRY: "1" },
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
        test: { ...shared.test, name: "full", include: ["tests/**/*.full.test.ts"], testTimeout: 600_000 },
      },
    ],
  },
});
