// A model that passes changed is put back as it was, object by object.
import { expect, test } from "vitest";
import { layout, runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { snapshot } from "../../../src/model/passes/snapshot.ts";
import { SEED } from "../../seed.ts";
import { evaluate } from "../evaluate.ts";
import { drawModel } from "./draw.ts";
import { expectSound, fingerprint, quiet } from "./invariants.ts";
import { drawLayouts } from "./layout-draw.ts";

test("what simplifying and moving transpositions did to random graphs is undone", async () => {
  let changed = 0;
  for (let i = 0; i < 12; i++) {
    const seed = SEED + i;
    const model = i % 2 === 0 ? drawModel(seed, false) : drawLayouts(seed);
    const text = fingerprint(model);
    const nodes = [...model.graph.nodes];
    const undo = snapshot(model);
    await runPasses(model, [layout, ...SIMPLIFY], { ...quiet, evaluate });
    if (fingerprint(model) !== text) changed++;
    undo();
    expect(fingerprint(model), `seed ${seed}`).toBe(text);
    expectSound(model, `seed ${seed}`);
    expect(model.graph.nodes.every((node, at) => node === nodes[at])).toBe(true);
  }
  expect(changed).toBeGreaterThan(6);
});

test("fields that were not there are gone, and those that went are back", async () => {
  const model = drawLayouts(SEED);
  const [node] = model.graph.nodes;
  const { name } = model.graph;
  model.graph.doc = "before";
  const undo = snapshot(model);
  model.graph.name = "other";
  Reflect.deleteProperty(model.graph, "doc");
  if (node) node.doc = "made since";
  undo();
  expect(model.graph).toMatchObject({ name, doc: "before" });
  expect(node).not.toHaveProperty("doc");
});
