// Every schema in the plain form in which scripts/operator-schemas.py prints them, for comparison.
import {
  type Attribute,
  type FormalParameter,
  knownDomains,
  type OperatorSchema,
  operatorsOf,
  schemaVersions,
} from "../../src/model/index.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The bits of a float32, in hexadecimal. */
function float(value: number): string {
  const bits = Buffer.alloc(4);
  bits.writeFloatBE(value);
  return bits.toString("hex");
}

function plainDefault(value: Attribute | null): unknown {
  if (value === null) return null;
  const plain = {
    float: (each: number) => float(each),
    int: (each: bigint) => String(each),
    string: (each: Uint8Array) => text(each),
    floats: (each: number[]) => each.map(float),
    ints: (each: bigint[]) => each.map(String),
    strings: (each: Uint8Array[]) => each.map(text),
  }[value.kind as "float"] as (each: unknown) => unknown;
  return { kind: value.kind, value: plain(value.value) };
}

const parameter = ({ name, type, option, homogeneous, minimum }: FormalParameter) => ({
  name,
  type,
  option,
  homogeneous,
  minimum,
});

const LIMIT = 2 ** 31 - 1;
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

function plainSchema(schema: OperatorSchema) {
  const { domain, name, since, deprecated, cpu, inputs, outputs } = schema;
  return {
    domain,
    name,
    since,
    deprecated,
    cpu,
    inputs: inputs.map(parameter),
    outputs: outputs.map(parameter),
    arity: [schema.minInputs, schema.maxInputs, schema.minOutputs, schema.maxOutputs].map((each) =>
      Math.min(each, LIMIT),
    ),
    attributes: [...schema.attributes.values()]
      .map(({ name, kind, required, default: value }) => ({
        name,
        kind,
        required,
        default: plainDefault(value),
      }))
      .sort(byName),
    types: [...schema.types].map(([name, allowed]) => ({ name, allowed: [...allowed].sort() })).sort(byName),
  };
}

/** Sorted by domain, name and version. */
export function allSchemas() {
  return [...knownDomains()]
    .sort()
    .flatMap((domain) =>
      [...operatorsOf(domain)].sort().flatMap((op) => schemaVersions(domain, op).map(plainSchema)),
    );
}
