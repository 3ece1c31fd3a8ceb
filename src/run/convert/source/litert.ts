// @litertjs/core, LiteRT (formerly TensorFlow Lite) in WebAssembly, made for browsers: https://ai.google.dev/edge/litert/web.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import { ARRAYS, byteLengthOf, type DType, type Tensor } from "../../../model/tensor/index.ts";
import type { Adapter, SourceModel } from "./adapter.ts";

/** By the numbers of its ElementType. */
const DTYPES = new Map<number, Exclude<DType, "string">>([
  [1, "float32"],
  [2, "int32"],
  [3, "uint8"],
  [4, "int64"],
  [6, "bool"],
  [7, "int16"],
  [9, "int8"],
  [10, "float16"],
  [11, "float64"],
  [13, "uint64"],
  [16, "uint32"],
  [17, "uint16"],
]);

/** Without relaxed SIMD, and with it, which may fuse products and sums and which Node knows from version 22 on. */
const SCRIPTS = ["litert_wasm_compat_internal.js", "litert_wasm_internal.js"] as const;

export const open: Adapter["open"] = async (folder, file, kernels) => {
  const errors = listenToErrors();
  lendBrowser();
  const require = createRequire(join(folder, "package.json"));
  const core = (await import(pathToFileURL(require.resolve(folder)).href)) as Core;
  const litert = await core.loadLiteRt(join(folder, "wasm", SCRIPTS[kernels] ?? SCRIPTS[0]));
  const wasm = litert.liteRtWasm;
  const environment = litert.getDefaultEnvironment().liteRtEnvironment;
  // It reads the weights where they lie, for as long as the model lives: as long as this thread.
  const at = wasm._malloc(file.byteLength);
  wasm.HEAPU8.set(file, at);
  const model = await errors.raise(() => wasm.loadModel(environment, at, file.byteLength));
  const compiled = await errors.raise(() => wasm.compileModel(environment, model, { accelerator: "wasm" }));
  const outputs = model.getSignature(0).outputNames().size();
  const sizes = Array.from({ length: outputs }, (_, i) => model.getOutputTensorType(0, i).bytes());
  return { run } satisfies SourceModel;

  async function run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const fed = inputs.map((tensor, i) => bufferOf(tensor, model.getInputTensorType(0, i)));
    soil();
    const outputs = await errors.raise(() => compiled.run(0, fed));
    const answers = outputs.map(tensorOf);
    for (const buffer of [...fed, ...outputs]) buffer.delete();
    return answers;
  }

  /** What the next outputs are given for memory is filled first, so that it shows whether they were written. */
  function soil(): void {
    const blocks = sizes.map((size) => {
      const block = wasm._malloc(size);
      wasm.HEAPU8.fill(SOIL, block, block + size);
      return block;
    });
    for (const block of blocks) wasm._free(block);
  }

  function bufferOf(tensor: Tensor, type: RankedTensorType): TensorBuffer {
    const { data } = tensor;
    if (Array.isArray(data)) throw new Error("it is given no texts through its binding");
    if (DTYPES.get(type.elementType().value) !== tensor.dtype || type.bytes() !== data.byteLength)
      throw new Error(`an input of ${type.bytes()} bytes is given ${data.byteLength} of ${tensor.dtype}`);
    const kind = wasm.LiteRtTensorBufferType.HOST_MEMORY;
    const buffer = wasm.LiteRtTensorBuffer.createManaged(environment, kind, type, data.byteLength);
    const start = buffer.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
    wasm.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
    buffer.unlock();
    return buffer;
  }

  function tensorOf(buffer: TensorBuffer): Tensor {
    const type = buffer.tensorType();
    const element = type.elementType()?.value ?? -1;
    const dtype = DTYPES.get(element);
    if (!dtype) throw new Error(`its binding gives no output of element type ${element}`);
    const shape = listOf(type.layout().dimensions());
    const count = shape.reduce((product, length) => product * length, 1);
    const bytes = byteLengthOf(dtype, count);
    if (!(bytes <= buffer.packedSize()))
      throw new Error("it gives an output that is shorter than its shape says");
    const start = buffer.lock(wasm.LiteRtTensorBufferLockMode.READ);
    const copy = wasm.HEAPU8.slice(start, start + bytes);
    buffer.unlock();
    if (isSoil(copy)) throw new Error("it does not write outputs whose lengths it learns only while it runs");
    return { dtype, shape, data: new ARRAYS[dtype](copy.buffer) };
  }
};

/** As a float this is −2.9e−16. */
const SOIL = 0xa5;

/** Whether an output is what lay in memory, as good as all of it; of a few bytes nobody can tell. */
function isSoil(bytes: Uint8Array): boolean {
  let count = 0;
  for (const byte of bytes) if (byte === SOIL) count++;
  return bytes.byteLength >= 4 && count > 0.9 * bytes.byteLength;
}

/** The package is written for browsers, whose scripts it loads and whose names for the global object it uses. */
function lendBrowser(): void {
  const browser = globalThis as typeof globalThis & Browser;
  browser.self = globalThis;
  browser.importScripts = (path) => {
    const module: { exports: unknown } = { exports: {} };
    // The script is CommonJS in a package of ES modules.
    const names = ["require", "module", "exports", "__filename", "__dirname"];
    const script = compileFunction(readFileSync(path, "utf8"), names, { filename: path });
    script(createRequire(path), module, module.exports, path, dirname(path));
    browser.ModuleFactory = module.exports;
  };
}

/** What goes wrong while a model runs it says in its log alone, and gives whatever is in memory as the answer. */
function listenToErrors() {
  const said: string[] = [];
  const hear = (...parts: unknown[]) => {
    const line = parts.join(" ");
    if (/^\W*ERROR\b/.test(line)) said.push(line.replace(/^\W*ERROR:?\s*(\[[^\]]*\]\s*)?/, ""));
  };
  Object.assign(console, { log: hear, info: hear, warn: hear, error: hear });
  return {
    async raise<T>(act: () => T | Promise<T>): Promise<T> {
      said.length = 0;
      const result = await act();
      if (said.length > 0) throw new Error(said.join("; "));
      return result;
    },
  };
}

function listOf(vector: Vector): number[] {
  return Array.from({ length: vector.size() }, (_, i) => vector.get(i));
}

interface Browser {
  self: unknown;
  importScripts(path: string): void;
  ModuleFactory: unknown;
}

/** Of the package's own declarations, what is used here. */
interface Core {
  loadLiteRt(path: string): Promise<LiteRt>;
}

interface LiteRt {
  readonly liteRtWasm: Wasm;
  getDefaultEnvironment(): { readonly liteRtEnvironment: unknown };
}

interface Wasm {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): number;
  _free(at: number): void;
  loadModel(environment: unknown, at: number, bytes: number): LoadedModel;
  compileModel(
    environment: unknown,
    model: LoadedModel,
    options: { accelerator: "wasm" },
  ): CompiledModel | Promise<CompiledModel>;
  readonly LiteRtTensorBuffer: {
    createManaged(environment: unknown, kind: unknown, type: RankedTensorType, bytes: number): TensorBuffer;
  };
  readonly LiteRtTensorBufferType: { readonly HOST_MEMORY: unknown };
  readonly LiteRtTensorBufferLockMode: { readonly READ: unknown; readonly WRITE: unknown };
}

interface LoadedModel {
  getSignature(index: number): { outputNames(): Vector };
  getInputTensorType(signature: number, index: number): RankedTensorType;
  getOutputTensorType(signature: number, index: number): RankedTensorType;
}

interface CompiledModel {
  run(signature: number, inputs: readonly TensorBuffer[]): TensorBuffer[] | Promise<TensorBuffer[]>;
}

interface RankedTensorType {
  elementType(): { readonly value: number };
  layout(): { dimensions(): Vector };
  bytes(): number;
}

interface TensorBuffer {
  lock(mode: unknown): number;
  unlock(): void;
  tensorType(): RankedTensorType;
  packedSize(): number;
  delete(): void;
}

interface Vector {
  size(): number;
  get(index: number): number;
}
