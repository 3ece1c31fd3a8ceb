import { describe, expect, test } from "vitest";
import type { Tensor, Tensors } from "../../src/model/tensor/tensor.ts";
import { openSession } from "../../src/run/runtime/index.ts";
import { bareRun } from "./bare.ts";
import { fixture, mnist, triton } from "./models.ts";
import { floats, longs, seeded } from "./tensors.ts";

describe("signature", () => {
  test("names, types and shapes are the runtime's: symbols by name, unnamed dimensions as null", async (context) => {
    const path = mnist();
    if (path === null) return context.skip("mnist-8.onnx is not at hand");
    await using session = await openSession({ path });
    expect(session.signature).toEqual({
      inputs: [{ name: "Input3", dtype: "float32", shape: [1, 1, 28, 28] }],
      outputs: [{ name: "Plus214_Output_0", dtype: "float32", shape: [1, 10] }],
    });
    await using mlp = await openSession({ path: fixture("mlp"), batch: 0 });
    expect(mlp.signature.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 64] }]);
    await using odd = await openSession({ path: fixture("odd-names"), batch: 0 });
    expect(odd.signature.inputs).toEqual([
      { name: "serving default/x:0", dtype: "float32", shape: [null, 2] },
      { name: "constructor", dtype: "float32", shape: [null, 2] },
    ]);
  });
});

describe("answers are those of the bare runtime", () => {
  test("mnist-8 on a drawn digit", async (context) => {
    const path = mnist();
    if (path === null) return context.skip("mnist-8.onnx is not at hand");
    const next = seeded(3);
    const feeds = {
      Input3: floats(
        Array.from({ length: 784 }, () => Math.floor(next() * 256)),
        [1, 1, 28, 28],
      ),
    };
    await using session = await openSession({ path });
    const answer = await session.run(feeds);
    expect(answer).toEqual(await bareRun(path, feeds));
  });

  test("Triton's simple, simple_string and simple_int8", async (context) => {
    const [simple, strings, bytes] = ["simple", "simple_string", "simple_int8"].map(triton);
    if (!simple || !strings || !bytes) return context.skip("Triton's example models are not at hand");
    const count = Array.from({ length: 16 }, (_, i) => i);
    const pairs: [string, Tensors][] = [
      [simple, two("int32", Int32Array.from(count), new Int32Array(16).fill(7))],
      [strings, two("string", count.map(String), new Array<string>(16).fill("7"))],
      [bytes, two("int8", Int8Array.from(count), new Int8Array(16).fill(-7))],
    ];
    for (const [path, feeds] of pairs) {
      await using session = await openSession({ path });
      const answer = await session.run(feeds);
      expect(answer).toEqual(await bareRun(path, feeds));
    }
    await using session = await openSession({ path: simple });
    const { OUTPUT0, OUTPUT1 } = await session.run(pairs[0]?.[1] ?? {});
    // Sum and difference, as Triton's documentation says.
    expect([...(OUTPUT0?.data ?? [])]).toEqual(count.map((n) => n + 7));
    expect([...(OUTPUT1?.data ?? [])]).toEqual(count.map((n) => n - 7));
  });

  test("every element type, at its extremes, crosses unchanged both ways", async () => {
    const values: Record<string, Tensor["data"]> = {
      float32: Float32Array.of(Number.NaN, -0, 3.4028234663852886e38, -Infinity, 1e-45, 1),
      float64: Float64Array.of(Number.NaN, -0, Number.MAX_VALUE, -Infinity, Number.MIN_VALUE, 1),
      // Not a number, -0, the largest, -infinity, the smallest, 1.
      float16: Uint16Array.of(0x7e00, 0x8000, 0x7bff, 0xfc00, 0x0001, 0x3c00),
      int8: Int8Array.of(-128, 127, 0, -1, 1, 2),
      int16: Int16Array.of(-32768, 32767, 0, -1, 1, 2),
      int32: Int32Array.of(-2147483648, 2147483647, 0, -1, 1, 2),
      int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n, -1n, 1n),
      uint8: Uint8Array.of(0, 255, 1, 2, 3, 4),
      uint16: Uint16Array.of(0, 65535, 1, 2, 3, 4),
      uint32: Uint32Array.of(0, 4294967295, 1, 2, 3, 4),
      uint64: BigUint64Array.of(0n, 2n ** 64n - 1n, 2n ** 53n + 1n, 1n, 2n, 3n),
      bool: Uint8Array.of(0, 1, 1, 0, 0, 1),
      string: ["", "Mörkö", "😀", "a\nb", "\u{10ffff}", "x".repeat(100_000)],
    };
    const feeds = Object.fromEntries(
      Object.entries(values).map(([name, data]) => [name, { dtype: name, shape: [3, 2], data } as Tensor]),
    );
    for (const batch of [0, 16]) {
      await using session = await openSession({ path: fixture("every-type"), batch });
      const answers = await Promise.all([session.run(feeds), session.run(feeds)]);
      for (const answer of answers) {
        for (const [name, tensor] of Object.entries(feeds)) expect(answer[`${name}_out`]).toEqual(tensor);
      }
    }
  });

  test("half precision is computed on raw words", async () => {
    await using session = await openSession({ path: fixture("half-plus-one") });
    const x: Tensor = { dtype: "float16", shape: [1, 2], data: Uint16Array.of(0x3c00, 0xbc00) };
    // 1 + 1 = 2 and -1 + 1 = 0.
    expect((await session.run({ x })).y).toEqual({ ...x, data: Uint16Array.of(0x4000, 0) });
  });

  test("scalars, no rows at all, a rank nobody declared, names like a path and like a member of Object", async () => {
    await using scalars = await openSession({ path: fixture("scalars") });
    expect((await scalars.run({ a: floats([3], []), b: floats([4], []) })).y).toEqual(floats([12], []));
    await using mlp = await openSession({ path: fixture("mlp"), batch: 8 });
    expect((await mlp.run({ x: floats([], [0, 64]) })).y).toEqual(floats([], [0, 10]));
    await using any = await openSession({ path: fixture("any-rank") });
    expect((await any.run({ x: floats([1, 2], [1, 2, 1]) })).y).toEqual(floats([-1, -2], [1, 2, 1]));
    await using odd = await openSession({ path: fixture("odd-names") });
    const sum = await odd.run({
      "serving default/x:0": floats([1, 2], [1, 2]),
      constructor: floats([3, 4], [1, 2]),
    });
    expect(sum["to String"]).toEqual(floats([4, 6], [1, 2]));
  });
});

describe("what the caller owns", () => {
  test("feeds are left as they were, also large ones and views into larger buffers", async () => {
    await using session = await openSession({ path: fixture("any-rank") });
    for (const length of [4, 100_000]) {
      const whole = Float32Array.from({ length: length + 8 }, (_, i) => i);
      const x: Tensor = { dtype: "float32", shape: [length], data: whole.subarray(4, length + 4) };
      const { y } = await session.run({ x });
      expect(y?.data.length).toBe(length);
      expect(y?.data[length - 1]).toBe(-(length + 3));
      expect(whole.length).toBe(length + 8);
    }
    const shared = new Float32Array(new SharedArrayBuffer(8)).fill(5);
    expect((await session.run({ x: { dtype: "float32", shape: [2], data: shared } })).y).toEqual(
      floats([-5, -5]),
    );
  });

  test("with `take` a large input is moved, not copied", async () => {
    await using session = await openSession({ path: fixture("any-rank") });
    const x = floats(new Float32Array(100_000).fill(2));
    const { y } = await session.run({ x }, { take: true });
    expect(y?.data[99_999]).toBe(-2);
    expect(x.data.length).toBe(0);
  });

  test("only the outputs asked for come back, in whatever order", async (context) => {
    const path = triton("simple");
    if (path === null) return context.skip("Triton's example models are not at hand");
    await using session = await openSession({ path });
    const feeds = two("int32", new Int32Array(16).fill(5), new Int32Array(16).fill(2));
    const one = await session.run(feeds, { outputs: ["OUTPUT1"] });
    expect(Object.keys(one)).toEqual(["OUTPUT1"]);
    expect(one.OUTPUT1?.data[0]).toBe(3);
    const both = await session.run(feeds, { outputs: ["OUTPUT1", "OUTPUT0", "OUTPUT1"] });
    expect([both.OUTPUT0?.data[3], both.OUTPUT1?.data[3]]).toEqual([7, 3]);
  });
});

describe("int64", () => {
  test("indices reach the table", async () => {
    await using session = await openSession({ path: fixture("table-of-four") });
    expect((await session.run({ id: longs([3n, 0n]) })).row).toEqual(floats([9, 10, 11, 0, 1, 2], [2, 3]));
  });
});

function two(dtype: Tensor["dtype"], a: Tensor["data"], b: Tensor["data"]): Tensors {
  return { INPUT0: { dtype, shape: [1, 16], data: a }, INPUT1: { dtype, shape: [1, 16], data: b } };
}
