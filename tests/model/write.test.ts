// The writer: what was read, written and read again.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import { bufferModelSink, bytesOf, type Model, openModel, writeModel } from "../../src/model/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { codeOf, FIXTURES, MNIST, openBytes } from "./files.ts";

async function constants(model: Model): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, { constant }] of model.graph.values) {
    if (!constant) continue;
    const tensor = await constant.read();
    const { dtype, shape, data } = tensor;
    found[name] = {
      dtype,
      shape,
      data: dtype === "string" ? data : Buffer.from(bytesOf(tensor)).toString("hex"),
    };
  }
  return found;
}

describe.each(["raw", "typed", "external"])("every element type, %s", (place) => {
  test.each(["never", "always"] as const)("external: %s", async (external) => {
    const model = await openModel(await openModelSource(join(FIXTURES, `types-${place}.onnx`)));
    const sink = bufferModelSink("types.onnx");
    const report = await writeModel(model, sink, { external, externalFrom: 1 });
    expect(report.files.map(({ name, bytes }) => [name, bytes])).toEqual(
      [...sink.files].map(([name, bytes]) => [name, bytes.byteLength]).reverse(),
    );
    const again = await openModel(sink.source());
    expect(await constants(again)).toEqual(await constants(model));
    expect(again.graph.inputs.map(({ name, type }) => ({ name, type }))).toEqual(
      model.graph.inputs.map(({ name, type }) => ({ name, type })),
    );
  });
});

describe("files", () => {
  test("a model lands beside others, and the runtime opens it", async () => {
    const folder = emptyFolder();
    const source = await openModelSource(MNIST);
    for (const external of ["never", "always"] as const) {
      const path = join(folder, `${external}.onnx`);
      await writeModel(await openModel(source), await openModelSink(path), { external });
      const session = await InferenceSession.create(path);
      expect(session.inputNames).toEqual(["Input3"]);
      await session.release();
    }
    expect(readdirSync(folder).sort()).toEqual(["always.onnx", "always.onnx.data", "never.onnx"]);
  });

  test("onto itself, again and again", async () => {
    const folder = emptyFolder();
    const path = join(folder, "m.onnx");
    writeFileSync(path, readFileSync(MNIST));
    for (const external of ["always", "always", "never", "auto"] as const) {
      const source = await openModelSource(path);
      await writeModel(await openModel(source), await openModelSink(path), { external });
      await source.close();
    }
    expect(await constants(await openBytes(readFileSync(path)))).toEqual(
      await constants(await openBytes(readFileSync(MNIST))),
    );
  });

  test("an aborted conversion leaves no trace", async () => {
    const folder = emptyFolder();
    const path = join(folder, "m.onnx");
    writeFileSync(path, "old");
    const model = await openBytes(readFileSync(MNIST));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(writeModel(model, await openModelSink(path), { signal })).rejects.toThrow("enough");
    expect(readdirSync(folder)).toEqual(["m.onnx"]);
    expect(readFileSync(path, "utf8")).toBe("old");
  });

  test("a name that no format has, a folder, a device", async () => {
    const folder = emptyFolder();
    const model = await openBytes(readFileSync(MNIST));
    const to = async (path: string) => writeModel(model, await openModelSink(path));
    expect(await codeOf(to(join(folder, "m.tflite")))).toBe("MODEL_FORMAT_NO_WRITER");
    expect(await codeOf(to(join(folder, "missing/m.onnx")))).toBe("FILE_UNWRITABLE");
    mkdirSync(join(folder, "m.onnx"));
    expect(await codeOf(to(join(folder, "m.onnx")))).toBe("FILE_UNWRITABLE");
    if (existsSync("/dev/null")) expect(await codeOf(to("/dev/null"))).toBe("FILE_UNWRITABLE");
  });
});
