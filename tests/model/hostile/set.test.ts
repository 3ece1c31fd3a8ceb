// Every malformed model ends in a coded error or in findings that name what is wrong.
import { expect, test } from "vitest";
import { isModelyardError } from "../../../src/base/errors/index.ts";
import { checkModel, constantsOf, type Finding, RULES } from "../../../src/model/index.ts";
import { fixture, openBytes } from "../files.ts";
import { HOSTILE, type Hostile } from "./set.ts";

interface Fate {
  /** The code with which opening it or reading its weights fails. */
  readonly code: string | undefined;
  readonly findings: readonly Finding[];
}

/** Opens, checks and reads every weight; anything but a coded error is thrown. */
async function fateOf({ bytes, siblings }: Hostile): Promise<Fate> {
  let findings: readonly Finding[] = [];
  try {
    const model = await openBytes(bytes, siblings);
    findings = await checkModel(model);
    for (const tensor of constantsOf(model)) await tensor.read();
    return { code: undefined, findings };
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    expect(error.hint).toMatch(/\S/);
    expect(error.where ?? "").toMatch(/\S/);
    return { code: error.code, findings };
  }
}

const fates = new Map<string, Fate>();
async function fate(of: Hostile): Promise<Fate> {
  const known = fates.get(of.name) ?? (await fateOf(of));
  fates.set(of.name, known);
  return known;
}

test("the set is large, and its names tell its models apart", () => {
  expect(HOSTILE.length).toBeGreaterThan(200);
  expect(new Set(HOSTILE.map(({ name }) => name)).size).toBe(HOSTILE.length);
});

test.each(HOSTILE.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
  const { code, findings } = await fate(each);
  expect(code).toBe(each.code);
  const rules = findings.map(({ rule }) => rule);
  expect(rules).toEqual(expect.arrayContaining([...(each.finds ?? [])]));
  for (const { message, remedy, rule } of findings) {
    expect(message, rule).toMatch(/^\S.*\.$/);
    expect(message.length, rule).toBeLessThan(1_000);
    expect(remedy, rule).toMatch(/\.$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
    expect(message, rule).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  }
});

test("a value that is declared to be of another type than it is, is an error: ONNX Runtime refuses it", async () => {
  const one = HOSTILE.find(({ name }) => name.startsWith("an If that is declared to give another type"));
  const { findings } = await fate(one as Hostile);
  expect(findings).toMatchObject([
    { rule: "types", severity: "error", value: "y", message: expect.stringMatching(/float32.*int64/) },
  ]);
});

test("every rule has a model that it finds", () => {
  const found = new Set(HOSTILE.flatMap(({ finds = [] }) => finds));
  expect(RULES.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([]);
});

/** Refused by onnx.checker, and not by us. */
const NOT_OURS: Readonly<Record<string, string>> = {
  "functions that double forty times": "the checker does not end",
};

test("what onnx.checker refuses is refused or found", async () => {
  const record = JSON.parse(fixture("hostile.json").toString()) as Record<string, string | null>;
  expect(Object.keys(record).sort()).toEqual(HOSTILE.map(({ name }) => name).sort());
  const missed: string[] = [];
  for (const each of HOSTILE) {
    const { code, findings } = await fate(each);
    if (record[each.name] && code === undefined && findings.length === 0 && !NOT_OURS[each.name])
      missed.push(`${each.name}: ${record[each.name]}`);
  }
  expect(missed).toEqual([]);
});
