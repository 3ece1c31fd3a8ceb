// Every change in the history of every operator is accounted for: an adapter makes up for it, or a row says why none is
// needed. The list of changes is made from onnx's own declarations and descriptions (tests/fixtures/model/upgrade/changes.py).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Adapter, Compatible } from "../../../src/model/passes/upgrade/adapter.ts";
import { COMPATIBLE } from "../../../src/model/passes/upgrade/compatible.ts";
import { ADAPTERS } from "../../../src/model/passes/upgrade/table.ts";
import { FIXTURES } from "../files.ts";

interface Change {
  readonly domain: string;
  readonly op: string;
  readonly from: number;
  readonly to: number;
  readonly broken: readonly string[];
  readonly text: boolean;
}

const CHANGES = JSON.parse(readFileSync(join(FIXTURES, "upgrade/changes.json"), "utf8")) as Change[];

/** Dropped before the runtime was written: it knows nothing of them, and onnx no longer does. */
const FORGOTTEN = ["ATen", "ConstantFill", "GivenTensorInt64Fill", "LoopIndexTensor", "MemCopy"];

function keysOf(table: ReadonlyMap<string, readonly (Adapter | Compatible)[]>): string[] {
  return [...table].flatMap(([domain, rows]) =>
    rows.flatMap(({ op, since }) =>
      [op].flat().flatMap((name) => [since].flat().map((version) => `${domain} ${name} ${version}`)),
    ),
  );
}

const adapted = new Set(keysOf(ADAPTERS));
const compatible = keysOf(COMPATIBLE);

test("a change that breaks something or is described otherwise has an adapter or a reason", () => {
  const changes = CHANGES.filter(({ broken, text }) => broken.length > 0 || text);
  expect(changes.length).toBeGreaterThan(200);
  const reasons = new Set(compatible);
  const unlisted = changes.filter(({ domain, op, to }) => {
    const key = `${domain} ${op} ${to}`;
    return !adapted.has(key) && !reasons.has(key);
  });
  expect(unlisted).toEqual([]);
});

test("no reason and no adapter stands for a change that never was, or for one twice", () => {
  const known = new Set(CHANGES.map(({ domain, op, to }) => `${domain} ${op} ${to}`));
  const stray = [...compatible, ...adapted].filter((key) => !known.has(key));
  expect(stray.sort()).toEqual(FORGOTTEN.map((op) => ` ${op} 10`));
  expect(new Set(compatible).size).toBe(compatible.length);
  expect(compatible.filter((key) => adapted.has(key))).toEqual([]);
});
