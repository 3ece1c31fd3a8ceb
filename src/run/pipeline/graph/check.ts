import { fail } from "../../../base/errors/index.ts";
import type { PipelineFile } from "./file.ts";
import type { Plan, Wire, Wires } from "./plan.ts";
import { describeSchema, holdsType, meets, objectOf, type Schema, schemaAt } from "./schema.ts";
import type { Runner } from "./step.ts";

/** What a request brings, by the pipeline's word for it. */
export const GIVEN: Readonly<Record<PipelineFile["input"], Schema>> = {
  image: { type: "image" },
  audio: { type: "audio" },
  text: { type: "string" },
  json: {},
};

/**
 * Holds what each step is given to what it takes, as far as both are known.
 * @returns what the pipeline answers
 * @throws PIPELINE_TYPES, PIPELINE_REFERENCE where a step gives nothing of that name, both naming the step
 */
export function checkTypes(
  { steps, output }: Plan,
  input: PipelineFile["input"],
  runners: ReadonlyMap<string, Runner>,
): Schema {
  const given = new Map<string, Schema>([["input", GIVEN[input]]]);
  for (const { name, file, takes, isEach } of steps) {
    const runner = runners.get(name) as Runner;
    const where = { where: `${file.where}, step ${name}` };
    const schema = schemaOf(name, takes, given, where);
    const wanted = isEach ? { type: "array", items: runner.takes } : runner.takes;
    if (!meets(schema, wanted)) {
      const { part, found, needed } = misfit(takes, schema, wanted);
      const details = {
        step: name,
        wanted: describeSchema(needed),
        given: describeSchema(found),
        from: part,
      };
      throw fail("PIPELINE_TYPES", details, where);
    }
    given.set(name, isEach ? { type: "array", items: runner.gives } : runner.gives);
  }
  const where = { where: "pipeline.yaml, output" };
  const answer = schemaOf("output", output, given, where);
  for (const type of ["image", "audio"]) {
    if (!holdsType(answer, type)) continue;
    const details = {
      step: "output",
      wanted: "plain values",
      given: describeSchema({ type }),
      from: "its steps",
    };
    throw fail("PIPELINE_TYPES", details, where);
  }
  return answer;
}

function schemaOf(
  step: string,
  wires: Wires,
  given: ReadonlyMap<string, Schema>,
  place: { where: string },
): Schema {
  const one = ({ from, path, reference }: Wire): Schema => {
    const schema = schemaAt(given.get(from) ?? {}, path);
    if (schema) return schema;
    throw fail("PIPELINE_REFERENCE", { step, reference, known: [...given.keys()].join(", ") }, place);
  };
  if (!(wires instanceof Map)) return one(wires as Wire);
  return objectOf(new Map([...wires].map(([name, wire]) => [name, one(wire)])));
}

/** The part that does not fit, where several are given by name. */
function misfit(
  wires: Wires,
  given: Schema,
  wanted: Schema,
): { part: string; found: Schema; needed: Schema } {
  if (!(wires instanceof Map)) return { part: (wires as Wire).reference, found: given, needed: wanted };
  for (const [name, { reference }] of wires) {
    const [found, needed] = [schemaAt(given, [name]) ?? {}, schemaAt(wanted, [name]) ?? {}];
    if (!meets(found, needed)) return { part: reference, found, needed };
  }
  return {
    part: [...wires.values()].map(({ reference }) => reference).join(", "),
    found: given,
    needed: wanted,
  };
}
