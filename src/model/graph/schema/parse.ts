import type { Attribute } from "../graph.ts";
import type { AttributeKind, AttributeSchema, FormalParameter, OperatorSchema } from "./schema.ts";
import { SETS, TYPES } from "./schemas.gen.ts";

/**
 * How schemas.gen.ts writes an operator, a version a line:
 *
 *     since flags|inputs|outputs|attributes|type variables
 *     13|A:T,B:T|C:T|axis:i=0|T:1i
 *
 * flags: `d` deprecated, `-` not on the runtime's CPU. Parameters: `name:type`, behind the name `?` optional, `*2` variadic
 * from two on, `~2` the same of mixed types. Attributes: `name:kind`, `!` required, `=default` with `;` between the values
 * of a list and %-escapes in text. A type variable names a row of SETS, whose numbers are places in TYPES, all to the
 * base of 36. `^` repeats what the version before has.
 */
export function parseOperator(domain: string, name: string, lines: readonly string[]): OperatorSchema[] {
  let before: string[] = [];
  return lines.map((line) => {
    const [head = "", ...rest] = line.split("|");
    const fields = rest.map((field, i) => (field === "^" ? (before[i] ?? "") : field));
    before = fields;
    const [inputs = "", outputs = "", attributes = "", variables = ""] = fields;
    const types = new Map(list(variables).map((each) => variable(each)));
    const takes = list(inputs).map((each) => parameter(each, types));
    const gives = list(outputs).map((each) => parameter(each, types));
    const knows = list(attributes).map(attribute);
    return {
      domain,
      name,
      since: Number.parseInt(head, 10),
      deprecated: head.includes("d"),
      cpu: !head.includes("-"),
      inputs: takes,
      outputs: gives,
      minInputs: least(takes),
      maxInputs: most(takes),
      minOutputs: least(gives),
      maxOutputs: most(gives),
      attributes: new Map(knows.map((each) => [each.name, each])),
      types,
      hasSubgraphs: knows.some(({ kind }) => kind === "graph" || kind === "graphs"),
    };
  });
}

const list = (field: string) => (field === "" ? [] : field.split(","));

function variable(text: string): [string, ReadonlySet<string>] {
  const [name = "", set = ""] = text.split(":");
  return [name, typeSet(Number.parseInt(set, 36))];
}

const sets: ReadonlySet<string>[] = [];
let rows: readonly string[] = [];
let names: readonly string[] = [];

/** Rows of SETS, each made once: most variables of all operators share a few dozen of them. */
function typeSet(index: number): ReadonlySet<string> {
  if (rows.length === 0) {
    rows = SETS.split(",");
    names = splitTypes(TYPES);
  }
  sets[index] ??= new Set(
    (rows[index] ?? "").split(".").map((each) => names[Number.parseInt(each, 36)] ?? ""),
  );
  return sets[index];
}

/** Commas inside brackets belong to a map's type. */
const splitTypes = (text: string) => text.split(/,(?![^(]*\))/);

const PARAMETER = /^([^?*~:]*)([?*~]?)(\d*):(.*)$/;

function parameter(text: string, types: ReadonlyMap<string, ReadonlySet<string>>): FormalParameter {
  const [, name = "", mark = "", minimum = "", type = ""] = PARAMETER.exec(text) ?? [];
  return {
    name,
    type,
    allowed: types.get(type) ?? new Set([type]),
    option: mark === "" ? "single" : mark === "?" ? "optional" : "variadic",
    homogeneous: mark !== "~",
    minimum: mark === "" ? 1 : Number(minimum),
  };
}

/** A list that may be empty makes what stands before it countable: Loop lists two inputs at least. */
function least(parameters: readonly FormalParameter[]): number {
  let count = 0;
  parameters.forEach(({ option, minimum }, i) => {
    if (option === "variadic") count = i + minimum;
    else if (option === "single") count = i + 1;
  });
  return count;
}

function most(parameters: readonly FormalParameter[]): number {
  return parameters.at(-1)?.option === "variadic" ? Number.POSITIVE_INFINITY : parameters.length;
}

const KINDS: Readonly<Record<string, AttributeKind>> = {
  f: "float",
  i: "int",
  s: "string",
  t: "tensor",
  g: "graph",
  F: "floats",
  I: "ints",
  S: "strings",
  T: "tensors",
  G: "graphs",
  p: "sparse",
  P: "sparses",
  y: "type",
  Y: "types",
};

const ATTRIBUTE = /^([^:]*):(\w)(!?)(?:=(.*))?$/;

function attribute(text: string): AttributeSchema {
  const [, name = "", code = "", required = "", value] = ATTRIBUTE.exec(text) ?? [];
  const kind = KINDS[code] ?? "tensor";
  return {
    name,
    kind,
    required: required !== "",
    default: value === undefined ? null : (DEFAULTS[kind]?.(value) ?? null),
  };
}

const textOf = (part: string) => new TextEncoder().encode(decodeURIComponent(part));
const parts = (text: string) => (text === "" ? [] : text.split(";"));

const DEFAULTS: Partial<Record<AttributeKind, (text: string) => Attribute>> = {
  float: (text) => ({ kind: "float", value: Math.fround(Number(text)) }),
  int: (text) => ({ kind: "int", value: BigInt(text) }),
  string: (text) => ({ kind: "string", value: textOf(text) }),
  floats: (text) => ({ kind: "floats", value: parts(text).map((each) => Math.fround(Number(each))) }),
  ints: (text) => ({ kind: "ints", value: parts(text).map(BigInt) }),
  strings: (text) => ({ kind: "strings", value: parts(text).map(textOf) }),
};
