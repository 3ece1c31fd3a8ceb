import { comment, generateTypes, pascal, schemaType, type TypesOptions } from "./types.ts";

export interface ClientTypesOptions extends TypesOptions {
  /** What the task takes: image, audio, text, json or tensors. */
  readonly accepts: string;
  /** JSON Schema of what the task itself answers, where a module makes something else of it. */
  readonly taskAnswer?: Readonly<Record<string, unknown>>;
  /** Whether a module may stand beside it: not of what only a server is known of, nor of a pipeline. */
  readonly module: boolean;
  /** Whether a client is wanted, which imports this package. */
  readonly client: boolean;
  /** Whether it is a pipeline, which has no tensors of its own. */
  readonly pipeline: boolean;
}

/** What goes to a server, by what the task takes. */
const GIVEN: Readonly<Record<string, string>> = {
  image: "Blob | ArrayBuffer | Uint8Array | string",
  audio: "Blob | ArrayBuffer | Uint8Array | string",
  text: "string",
};
/** What stands in a module under the contract's name. */
const HELD: Readonly<Record<string, string>> = {
  image: "Uint8Array | string | { width: number; height: number; channels: 1 | 3 | 4; data: Uint8Array }",
  audio: "Uint8Array | string",
  text: "string",
};

/**
 * A module of TypeScript for exactly one model or pipeline: its types, a client that asks it on a server, and the types of the
 * functions that a module beside it may have.
 */
export function generateClient(name: string, options: ClientTypesOptions): string {
  const { answer, accepts, pipeline, module, client } = options;
  const type = pascal(name);
  const types = pipeline
    ? `// The pipeline ${comment(name)}.\n\n/** What ${comment(name)} answers. */\nexport type ${type}Answer = ${schemaType(answer, 0)};\n`
    : generateTypes(name, options);
  const lines = [
    ...(client ? [IMPORTS, ""] : []),
    types,
    ...(module ? moduleTypes(name, type, options) : []),
    `/** What ${comment(name)} is asked: ${accepts === "image" || accepts === "audio" ? "a file, or its base64" : "as its task takes it"}. */`,
    `export type ${type}Given = ${GIVEN[accepts] ?? "object"};`,
    "",
    ...(client ? clientOf(name, type) : []),
  ];
  return lines.join("\n");
}

const IMPORTS =
  'import { type ClientOptions, createClient, type Prediction, type PredictOptions } from "modelyard/client";';

function clientOf(name: string, type: string): string[] {
  return [
    `/** Asks ${comment(name)} on a server. */`,
    `export function ${type[0]?.toLowerCase()}${type.slice(1)}Client(url: string, options: ClientOptions = {}) {`,
    "  const client = createClient(url, options);",
    "  return {",
    `    predict: (given: ${type}Given, asking: PredictOptions = {}): Promise<Prediction<${type}Answer>> =>`,
    `      client.predict<${type}Answer>(${JSON.stringify(name)}, given, asking),`,
    "  };",
    "}",
    "",
  ];
}

function moduleTypes(
  name: string,
  type: string,
  { contract, accepts, answer, taskAnswer }: ClientTypesOptions,
): string[] {
  const held = HELD[accepts];
  const input = Object.entries(contract.inputs).find(([, { kind }]) => kind === accepts)?.[0];
  const named = (value: string) => `{ readonly ${JSON.stringify(input)}: ${value} }`;
  const isOne = held !== undefined && input !== undefined;
  const taken = isOne ? named(held) : "Readonly<Record<string, unknown>>";
  const given = isOne ? named("unknown") : taken;
  return [
    `/** What the functions of ${comment(name)}'s module are told beside it. */`,
    `export interface ${type}Context {`,
    "  readonly model: string;",
    "  /** What the model's tensors mean, as model.yaml has it. */",
    "  readonly contract: Readonly<Record<string, unknown>>;",
    "  readonly labels: Readonly<Record<string, readonly string[] | null>>;",
    "  /** Options of this one request. */",
    "  readonly options: Readonly<Record<string, unknown>>;",
    "}",
    "",
    "/** Makes what was given into what the task takes. */",
    `export type ${type}Before = (given: ${given}, context: ${type}Context) => ${taken} | Promise<${taken}>;`,
    "",
    "/** What the task answers, before the module makes something of it. */",
    `export type ${type}Output = ${schemaType(taskAnswer ?? answer, 0)};`,
    "",
    "/** Makes the task's answer into what is answered. */",
    `export type ${type}After = (output: ${type}Output, context: ${type}Context) => ${type}Answer | Promise<${type}Answer>;`,
    "",
  ];
}
