/**
 * The one table of who may know whom. ARCHITECTURE.md shows the same table, and layers.test.ts holds the code to it.
 * A row speaks for its folder and everything below that has no row of its own.
 */
export interface Layer {
  /** Folder below the repository's root. */
  readonly folder: string;
  /** Rows whose code it may import, besides its own. A name ending in `(types)` may be imported for types alone. */
  readonly imports: readonly string[];
  /** Packages and node: modules it may import; `node:*` allows every module of Node. */
  readonly packages: readonly string[];
}

const MODEL = ["src/base", "src/model/tensor", "src/model/wire", "src/model/graph"];

export const LAYERS: readonly Layer[] = [
  { folder: "src/base", imports: [], packages: [] },
  { folder: "src/base/node", imports: ["src/base"], packages: ["node:*"] },

  { folder: "src/model/tensor", imports: ["src/base"], packages: [] },
  { folder: "src/model/wire", imports: ["src/base", "src/model/tensor"], packages: [] },
  { folder: "src/model/graph", imports: ["src/base", "src/model/tensor"], packages: [] },
  { folder: "src/model/formats", imports: MODEL, packages: [] },
  { folder: "src/model/passes", imports: MODEL, packages: [] },
  { folder: "src/model/contract", imports: MODEL, packages: ["yaml"] },
  {
    folder: "src/model",
    imports: [...MODEL, "src/model/formats", "src/model/passes", "src/model/contract"],
    packages: [],
  },

  {
    folder: "src/run/hub",
    imports: ["src/base", "src/base/node"],
    packages: ["node:*", "npm-registry-fetch", "pacote", "ssri", "@npmcli/config", "tar"],
  },
  {
    folder: "src/run/runtime",
    imports: ["src/base", "src/base/node", "src/model/tensor", "src/model/wire", "src/run/runtime/compiled"],
    packages: ["node:*", "onnxruntime-node"],
  },
  {
    folder: "src/run/runtime/compiled",
    imports: ["src/base", "src/base/node", "src/model/tensor", "src/model/wire", "src/run/runtime"],
    packages: ["node:*", "onnxruntime-node"],
  },
  {
    folder: "src/run/media",
    imports: ["src/base", "src/model/tensor", "src/model/contract (types)"],
    packages: ["node:*", "sharp"],
  },
  {
    folder: "src/run/tasks",
    imports: [
      "src/base",
      "src/model/tensor",
      "src/model/wire",
      "src/model/contract",
      "src/run/media",
      "src/run/runtime (types)",
    ],
    packages: ["node:*"],
  },
  {
    folder: "src/run/convert",
    imports: [
      "src/base",
      "src/base/node",
      ...MODEL.slice(1),
      "src/model/formats",
      "src/model/passes",
      "src/model/contract",
      "src/run/runtime",
    ],
    packages: ["node:*"],
  },
  {
    folder: "src/run/pipeline",
    imports: [
      "src/base",
      "src/base/node",
      ...MODEL.slice(1),
      "src/model/formats",
      "src/model/contract",
      "src/run/hub",
      "src/run/runtime",
      "src/run/tasks",
      "src/run/convert",
    ],
    packages: ["node:*", "oxc-transform"],
  },
  {
    folder: "src/run/tune",
    imports: [
      "src/base",
      "src/base/node",
      "src/model/tensor",
      "src/model/contract",
      "src/run/media",
      "src/run/runtime",
      "src/run/tasks",
      "src/run/convert",
      "src/run/pipeline",
    ],
    packages: ["node:*", "d3-array"],
  },

  {
    folder: "src/serve/api",
    imports: [
      "src/base",
      "src/model/tensor (types)",
      "src/model/contract (types)",
      "src/run/pipeline (types)",
    ],
    packages: ["zod"],
  },
  {
    folder: "src/serve/store",
    imports: ["src/base", "src/base/node"],
    packages: ["node:*", "kysely", "@photostructure/sqlite"],
  },
  {
    folder: "src/serve/server",
    imports: [
      "src/base",
      "src/base/node",
      "src/model/tensor",
      "src/model/contract (types)",
      "src/run/pipeline",
      "src/serve/api",
      "src/serve/store (types)",
    ],
    packages: [
      "node:*",
      "fastify",
      "@fastify/static",
      "@fastify/swagger",
      "@fastify/swagger-ui",
      "fastify-type-provider-zod",
      "prom-client",
      "zod",
    ],
  },

  {
    folder: "src/serve/deploy",
    imports: ["src/base", "src/base/node"],
    packages: ["node:*"],
  },

  { folder: "src/client", imports: ["src/model/tensor (types)", "src/model/contract (types)"], packages: [] },
  {
    folder: "src/cli",
    imports: [
      "src/base",
      "src/base/node",
      "src/model",
      "src/model/tensor",
      "src/model/graph",
      "src/model/formats",
      "src/model/contract",
      "src/run/hub",
      "src/run/runtime",
      "src/run/tasks",
      "src/run/convert",
      "src/run/pipeline",
      "src/run/tune",
      "src/serve/store",
      "src/serve/server",
      "src/serve/deploy",
      "src/client",
    ],
    packages: ["node:*", "commander", "cli-progress"],
  },
  {
    folder: "src",
    imports: [
      "src/base",
      "src/base/node",
      "src/model",
      "src/model/tensor",
      "src/model/graph",
      "src/model/formats",
      "src/model/contract",
      "src/run/hub",
      "src/run/runtime",
      "src/run/tasks",
      "src/run/convert",
      "src/run/pipeline",
    ],
    packages: [],
  },
  { folder: "web/src", imports: ["src/client"], packages: ["preact"] },
];
