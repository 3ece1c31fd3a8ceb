// Files that are damaged or made to harm: each is refused by name, with the place and what to do, and never a crash.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { isModelyardError, openModel } from "../../src/model/index.ts";
import { bytesOf, type Tensor } from "../../src/model/tensor/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";
import { codeOf, type Fields, fixture, MNIST, message, modelAround, openBytes, varint } from "./files.ts";
import { attribute, BOOL, between, graph, info, node, tensorType } from "./hostile/proto.ts";

const mnist = readFileSync(MNIST);

/** What opening and then reading every weight ends with: a code, or "opened". Anything but a coded error is a crash. */
async function fate(bytes: Uint8Array): Promise<string> {
  try {
    const model = await openBytes(bytes);
    for (const value of model.graph.values.values()) await value.constant?.read();
    return "opened";
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    if (error.code === "INTERNAL") throw error;
    expect(error.hint).toMatch(/\S/);
    return error.code;
  }
}

describe("a file that is cut off", () => {
  test("is refused wherever it is cut", async () => {
    const seed = SEED;
    const next = random(seed);
    const cuts = [1, 2, 7, 100, mnist.length - 1, mnist.length - 2];
    for (let round = 0; round < 150; round++) cuts.push(1 + Math.floor(next() * (mnist.length - 1)));
    for (const cut of cuts) {
      // A cut between two fields of the outermost message leaves a whole message: then what is missing is the rest.
      const code = await fate(mnist.subarray(0, cut));
      expect(code, `cut at ${cut}, seed ${seed}`).not.toBe("opened");
    }
  });

  test("and padded with zeros is refused too", async () => {
    const padded = Buffer.concat([mnist.subarray(0, 20_000), Buffer.alloc(mnist.length - 20_000)]);
    expect(await fate(padded)).not.toBe("opened");
  });
});

test("bytes changed at random are opened or refused, and nothing else", async () => {
  const seed = SEED;
  const next = random(seed);
  const fates = new Map<string, number>();
  for (const source of [mnist, fixture("types-raw.onnx"), fixture("types-typed.onnx")]) {
    for (let round = 0; round < 250; round++) {
      const bytes = Buffer.from(source);
      for (let change = 0; change <= next() * 6; change++) {
        bytes[Math.floor(next() * Math.min(bytes.length, 4_000))] = Math.floor(next() * 256);
      }
      const code = await fate(bytes).catch((error: unknown) => {
        throw new Error(`seed ${seed}, round ${round}`, { cause: error });
      });
      fates.set(code, (fates.get(code) ?? 0) + 1);
    }
  }
  expect(fates.get("opened") ?? 0).toBeGreaterThan(50);
  expect(fates.size).toBeGreaterThan(2);
});

describe("protobuf bombs", () => {
  const field = (number: number, wire: number) => varint(BigInt(number * 8 + wire));
  /** Graphs within graphs, through an attribute of a node. */
  const nested = (depth: number): Uint8Array => {
    let graph = message([[2, "inner"]]);
    for (let level = 0; level < depth; level++) {
      const attribute = message([
        [1, "body"],
        [6, graph],
        [20, 5],
      ]);
      graph = message([
        [
          1,
          message([
            [4, "Loop"],
            [5, attribute],
          ]),
        ],
      ]);
    }
    return message([
      [1, 8],
      [7, graph],
    ]);
  };
  const types = (depth: number): Uint8Array => {
    let type = message([[1, message([[1, 1]])]]);
    for (let level = 0; level < depth; level++) type = message([[4, message([[1, type]])]]);
    return message([
      [1, 8],
      [
        7,
        message([
          [
            11,
            message([
              [1, "x"],
              [2, type],
            ]),
          ],
          [12, message([[1, "x"]])],
        ]),
      ],
    ]);
  };

  test.each<[string, readonly number[]]>([
    ["a length past the end", [...field(7, 2), ...varint(2n ** 31n)]],
    ["a length of 2^63", [...field(7, 2), ...varint(2n ** 63n)]],
    ["a length of -1", [...field(7, 2), ...varint(2n ** 64n - 1n)]],
    ["a number of eleven bytes", [...field(1, 0), ...new Array(11).fill(255)]],
    ["a tag of eleven bytes", new Array(11).fill(255)],
    ["a field number of 0", [0x02, 0]],
    ["a group that begins", [...field(3, 3)]],
    ["a group that ends", [...field(3, 4)]],
    ["wire type 6", [...field(3, 6)]],
    ["wire type 7", [...field(3, 7)]],
    ["a fixed number that is cut off", [...field(3, 1), 1, 2, 3]],
  ])("%s", async (_what, tail) => {
    const start = message([
      [1, 8],
      [2, "pytorch"],
    ]);
    expect(await codeOf(openBytes(Uint8Array.from([...start, ...tail])))).toBe("MODEL_PROTOBUF_DAMAGED");
  });

  test("nesting is read as deep as real models go, and no deeper", async () => {
    expect(await codeOf(openBytes(nested(20)))).toBe("opened");
    for (const depth of [60, 2_000])
      expect(await codeOf(openBytes(nested(depth)))).toBe("MODEL_PROTOBUF_DAMAGED");
    expect(await codeOf(openBytes(types(8)))).toBe("opened");
    expect(await codeOf(openBytes(types(500)))).toBe("MODEL_PROTOBUF_DAMAGED");
  });

  test("the place is named", async () => {
    const bytes = Buffer.from(mnist);
    bytes.fill(255, 300, 320);
    await expect(openBytes(bytes)).rejects.toMatchObject({
      code: "MODEL_PROTOBUF_DAMAGED",
      where: expect.stringMatching(/^model\.onnx, byte \d+/),
    });
  });
});

describe("tensors that cannot be", () => {
  const tensor = (...fields: Fields) => modelAround(message([...fields, [8, "x"]]));
  const dims = (...lengths: (number | bigint)[]): Fields => lengths.map((length) => [1, length] as const);
  const raw = (count: number) => [9, new Uint8Array(count)] as const;
  const external = (entries: Record<string, string>): Fields => [
    ...Object.entries(entries).map(
      ([key, value]) =>
        [
          13,
          message([
            [1, key],
            [2, value],
          ]),
        ] as const,
    ),
    [14, 1],
  ];

  test.each<[string, string, Uint8Array]>([
    ["bytes for another shape", "MODEL_TENSOR_SIZE", tensor(...dims(2, 3), [2, 1], raw(20))],
    ["no bytes at all", "MODEL_TENSOR_SIZE", tensor(...dims(2, 3), [2, 1])],
    ["too many bytes", "MODEL_TENSOR_SIZE", tensor(...dims(2), [2, 1], raw(12))],
    ["a packed type with a byte too few", "MODEL_TENSOR_SIZE", tensor(...dims(3), [2, 22], raw(1))],
    ["a negative length", "MODEL_SHAPE_INVALID", tensor(...dims(-1n, 4), [2, 1], raw(16))],
    ["a product over 2^53", "MODEL_SHAPE_INVALID", tensor(...dims(2n ** 40n, 2n ** 40n), [2, 1], raw(16))],
    [
      "a zero that hides a product over 2^53",
      "MODEL_SHAPE_INVALID",
      tensor(...dims(2n ** 62n, 0), [2, 1], raw(0)),
    ],
    ["an unknown type", "MODEL_TENSOR_TYPE_UNKNOWN", tensor(...dims(1), [2, 99], raw(4))],
    ["no type", "MODEL_TENSOR_TYPE_UNKNOWN", tensor(...dims(1), raw(4))],
    [
      "a segment of a tensor",
      "MODEL_TENSOR_SEGMENT",
      tensor(...dims(1), [2, 1], [3, message([[1, 0]])], raw(4)),
    ],
    ["strings as raw bytes", "MODEL_TENSOR_TEXT_RAW", tensor(...dims(1), [2, 8], raw(4))],
    ["too few strings", "MODEL_TENSOR_SIZE", tensor(...dims(3), [2, 8], [6, "one"])],
    [
      "strings in another file",
      "MODEL_TENSOR_TEXT_OUTSIDE",
      tensor(...dims(1), [2, 8], ...external({ location: "w" })),
    ],
    [
      "an offset that is no number",
      "MODEL_EXTERNAL_NUMBER",
      tensor(...dims(1), [2, 1], ...external({ location: "w", offset: "-4" })),
    ],
    [
      "a length that is no number",
      "MODEL_EXTERNAL_NUMBER",
      tensor(...dims(1), [2, 1], ...external({ location: "w", length: "0x4" })),
    ],
    [
      "an offset over 2^53",
      "MODEL_EXTERNAL_NUMBER",
      tensor(...dims(1), [2, 1], ...external({ location: "w", offset: "99999999999999999" })),
    ],
    [
      "another length than its shape",
      "MODEL_TENSOR_SIZE",
      tensor(...dims(2), [2, 1], ...external({ location: "w", length: "4" })),
    ],
  ])("%s", async (_what, code, bytes) => {
    await expect(openBytes(bytes)).rejects.toMatchObject({
      code,
      where: expect.stringMatching(/model\.onnx/),
    });
  });

  test("a typed field with too many numbers is refused when it is read", async () => {
    const packed = Uint8Array.from([1, 2, 3]);
    const model = await openBytes(tensor(...dims(2), [2, 6], [5, packed]));
    await expect(model.graph.values.get("x")?.constant?.read()).rejects.toMatchObject({
      code: "MODEL_TENSOR_SIZE",
    });
  });

  test("external data past the end of its file is refused when it is opened, and missing data when it is read", async () => {
    const bytes = tensor(...dims(4), [2, 1], ...external({ location: "w.bin", offset: "8", length: "16" }));
    expect(await codeOf(openBytes(bytes, { "w.bin": new Uint8Array(24) }))).toBe("opened");
    await expect(openBytes(bytes, { "w.bin": new Uint8Array(23) })).rejects.toMatchObject({
      code: "MODEL_EXTERNAL_CUT",
      where: "w.bin, byte 8",
    });
    const alone = await openBytes(bytes);
    expect(alone.notes.join()).toContain("w.bin, which is missing");
    await expect(alone.graph.values.get("x")?.constant?.read()).rejects.toMatchObject({
      code: "MODEL_EXTERNAL_MISSING",
    });
  });

  test("external data that leads out of the folder is refused when it is opened", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "model"));
    writeFileSync(join(folder, "secret.bin"), new Uint8Array(16));
    symlinkSync("../secret.bin", join(folder, "model/link.bin"));
    symlinkSync("..", join(folder, "model/up"));
    writeFileSync(join(folder, "model/own.bin"), new Uint8Array(16));
    symlinkSync("own.bin", join(folder, "model/alias.bin"));
    const open = async (location: string) => {
      const path = join(folder, "model/model.onnx");
      writeFileSync(path, tensor(...dims(4), [2, 1], ...external({ location })));
      return openModel(await openModelSource(path));
    };
    for (const location of [
      "../secret.bin",
      "a/../../secret.bin",
      "..\\secret.bin",
      join(folder, "secret.bin"),
      "C:\\secret.bin",
      "own.bin\0",
    ]) {
      await expect(open(location), location).rejects.toMatchObject({ code: "FILE_ESCAPES_FOLDER" });
    }
    await expect(open("")).rejects.toMatchObject({ code: "MODEL_EXTERNAL_UNNAMED" });
    for (const location of ["link.bin", "up/secret.bin"])
      await expect(open(location), location).rejects.toMatchObject({ code: "FILE_LINK_ESCAPES" });
    for (const location of ["own.bin", "./own.bin", "alias.bin"])
      expect(await codeOf(open(location)), location).toBe("opened");
  });

  test("weights in the model's own file are read, and found", async () => {
    const path = join(emptyFolder(), "model.onnx");
    for (const location of ["model.onnx", "./model.onnx"]) {
      const bytes = tensor(...dims(4), [2, 1], ...external({ location, offset: "0", length: "16" }));
      writeFileSync(path, bytes);
      const model = await openModel(await openModelSource(path));
      expect(model.defects).toMatchObject([{ kind: "external-self", value: "x" }]);
      const read = (await model.graph.values.get("x")?.constant?.read()) as Tensor;
      expect(Buffer.from(bytesOf(read))).toEqual(Buffer.from(bytes.subarray(0, 16)));
    }
  });
});

test("what can be read around is kept as a defect", async () => {
  const attribute = (...fields: Fields) => message([[1, "a"], ...fields]);
  const node = message([
    [2, "z"],
    [4, "Op"],
    [5, attribute([3, 1], [20, 1])],
    [5, attribute([3, 1], [20, 2])],
    [5, message([[1, "b"]])],
  ]);
  const type = (...fields: Fields) => message([[1, message(fields)]]);
  const dimension = (length: bigint) => message([[1, message([[1, length]])]]);
  const info = (name: string, of: Uint8Array) =>
    [
      13,
      message([
        [1, name],
        [2, of],
      ]),
    ] as const;
  const constant = message([
    [2, 1],
    [8, "x"],
    [9, new Uint8Array(4)],
  ]);
  const away = message([
    [2, 1],
    [8, "w"],
    [
      13,
      message([
        [1, "location"],
        [2, "w.bin"],
      ]),
    ],
    [14, 1],
  ]);
  const graph = modelAround(constant, [
    [1, node],
    [5, constant],
    [5, away],
    info("n", type([1, 1], [2, dimension(-1n)])),
    info("h", type([1, 1], [2, dimension(2n ** 60n)])),
    info("t", type([1, 77])),
  ]);
  const entry = message([
    [1, "key"],
    [2, "value"],
  ]);
  const more = message([
    [8, message([[2, 18]])],
    [14, entry],
    [14, entry],
  ]);
  const model = await openBytes(Buffer.concat([graph, more]), {});
  expect(
    model.defects?.map(({ kind, value, attribute, node }) => [kind, value ?? attribute ?? node?.op]),
  ).toEqual([
    ["constant-twice", "x"],
    ["dimension-negative", "n"],
    ["dimension-huge", "h"],
    ["type-unknown", "t"],
    ["attribute-mistyped", "a"],
    ["attribute-twice", "a"],
    ["attribute-empty", "b"],
    ["opset-twice", undefined],
    ["metadata-twice", undefined],
    ["external-missing", "w"],
  ]);
});

describe("a file that is no model", () => {
  test("is not said to be read one day", async () => {
    const message = async (content: string) =>
      ((await openBytes(Buffer.from(content)).catch((error: Error) => error)) as Error).message;
    expect(await message("<!DOCTYPE html><html></html>")).toMatch(/is a web page, not a model\.$/);
    expect(await message("version https://git-lfs.github.com/spec/v1\n")).toMatch(/not the file itself\.$/);
    expect(await message("GGUF\u0003\0\0\0")).toMatch(/llama\.cpp, which .* does not read yet\.$/);
  });

  test.each<[string, string, Uint8Array | string]>([
    ["empty", "MODEL_EMPTY", ""],
    ["a web page", "MODEL_FORMAT_LATER", "<!DOCTYPE html><html></html>"],
    ["a text", "MODEL_FORMAT_LATER", "Dear reader,\nthis is no model.\n"],
    ["zeros", "MODEL_FORMAT_UNKNOWN", new Uint8Array(4_096)],
    [
      "an ONNX model without a graph",
      "MODEL_NOT_ONNX",
      message([
        [1, 8],
        [2, "pytorch"],
        [3, "2.4"],
      ]),
    ],
    [
      "an ONNX model with an empty graph",
      "MODEL_NOT_ONNX",
      message([
        [1, 8],
        [2, "pytorch"],
        [7, message([[2, "g"]])],
      ]),
    ],
  ])("%s", async (_what, code, content) => {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const found = await codeOf(openBytes(bytes));
    // What begins like protobuf may be refused as such: the name is .onnx.
    if (code === "MODEL_FORMAT_UNKNOWN")
      expect(found).toMatch(/^MODEL_(FORMAT_UNKNOWN|NOT_ONNX|PROTOBUF_DAMAGED)$/);
    else expect(found).toBe(code);
  });

  test("without an extension that says ONNX, unknown bytes are shown", async () => {
    await expect(
      openBytes(Buffer.from("hello, world, and more\0\u0001"), {}, "model.bin"),
    ).rejects.toMatchObject({
      code: "MODEL_FORMAT_UNKNOWN",
      message: expect.stringContaining("hello, world"),
    });
  });

  test("a folder, and a file that may not be read, say so", async () => {
    const folder = emptyFolder();
    await expect(openModelSource(folder)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await expect(openModelSource(join(folder, "nothing"))).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});

test("a subgraph may describe values of the graphs around it, and read them wherever they are computed", async () => {
  const branch = graph([node("Relu", ["late"], ["t"])], {
    outputs: [info("t")],
    infos: [info("late"), info("x")],
  });
  const bytes = between(
    [
      node(
        "If",
        ["c"],
        ["i"],
        [5, attribute("then_branch", { graph: branch })],
        [
          5,
          attribute("else_branch", { graph: graph([node("Relu", ["x"], ["e"])], { outputs: [info("e")] }) }),
        ],
      ),
      node("Relu", ["x"], ["late"]),
      node("Add", ["i", "late"], ["y"]),
    ],
    { inputs: [info("x"), info("c", tensorType(BOOL, []))] },
  );
  const model = await openBytes(bytes);
  const relu = model.graph.nodes[0]?.attributes.get("then_branch");
  const read = relu?.kind === "graph" ? relu.value.nodes[0]?.inputs[0] : null;
  expect(read).toBe(model.graph.values.get("late"));
  expect(relu?.kind === "graph" && relu.value.values.has("x")).toBe(false);
});
