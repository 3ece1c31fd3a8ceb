import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const shared = process.env.MODELYARD_SHARED ?? join(root, "../shared");

/** A model that tests/fixtures/runtime/generate.py wrote. */
export function fixture(name: string): string {
  return join(root, "tests/fixtures/runtime", `${name}.onnx`);
}

/** mnist-8 of the ONNX model zoo; null where it is not at hand. */
export function mnist(): string | null {
  return firstOf(join(root, "examples/models/mnist/1/mnist-8.onnx"), join(shared, "models/mnist-8.onnx"));
}

/** An example model of Triton's own tests; null where it is not at hand. */
export function triton(name: string): string | null {
  return firstOf(join(shared, "models/triton", name, "1/model.onnx"));
}

function firstOf(...paths: string[]): string | null {
  return paths.find((path) => existsSync(path)) ?? null;
}
