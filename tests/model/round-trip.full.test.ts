// Every model of the ONNX project's test cases, written by us: the graph that is read again is equal, and the runtime's verdict
// on it is that on the original file.
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { bufferModelSink, modelDifferences, openModel, writeModel } from "../../src/model/index.ts";
import { DEBIAN, PYPI } from "./onnx-cases.ts";

describe.each([DEBIAN, PYPI])("$title", ({ cases, missing }) => {
  test("every model is read, written and read again", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    const different: unknown[] = [];
    for (const one of cases) {
      const source = await openModelSource(one.model);
      const model = await openModel(source);
      const sink = bufferModelSink();
      await writeModel(model, sink);
      const found = await modelDifferences(model, await openModel(sink.source()), { strictOrder: true });
      if (found.length > 0) different.push(one.name, found);
      await source.close();
    }
    expect(different).toEqual([]);
  });
});
