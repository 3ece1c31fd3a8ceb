// An upgrade of what somebody unrolled: refused by a named limit before it takes minutes.
import { expect, test } from "vitest";
import { bufferModelSource } from "../../../src/base/sources/index.ts";
import { openModel } from "../../../src/model/index.ts";
import { runPasses, upgradeTo } from "../../../src/model/passes/index.ts";
import { attribute, FLOAT, graph, info, model, node, opset, tensorType } from "../hostile/proto.ts";

/** Each becomes four nodes in opset 13. */
const MOST = 50_000;

async function upgraded(count: number): Promise<number> {
  const type = tensorType(FLOAT, ["a", 3, 4]);
  const nodes = Array.from({ length: count }, (_, i) =>
    node("Softmax", [`v${i}`], [`v${i + 1}`], [5, attribute("axis", { int: 1 })]),
  );
  const bytes = model(graph(nodes, { inputs: [info("v0", type)], outputs: [info(`v${count}`, type)] }), {
    opsets: [opset(11)],
  });
  const opened = await openModel(bufferModelSource(bytes, { name: "model.onnx" }));
  await runPasses(opened, [upgradeTo(13)], { note: () => {} }, { maxRounds: 1 });
  return opened.graph.nodes.length;
}

test("as many new nodes as the limit allows, and one more", async () => {
  expect(await upgraded(MOST)).toBe(4 * MOST);
  await expect(upgraded(MOST + 1)).rejects.toMatchObject({
    code: "MODEL_UPGRADE_TOO_LARGE",
    message: expect.stringContaining("150000"),
  });
});
