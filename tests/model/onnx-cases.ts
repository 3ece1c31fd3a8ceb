// The ONNX project's own test cases: a model, inputs, and the outputs that it must give. Debian's libonnx-testdata (1,072
// models up to opset 17) and PyPI's `onnx` (tests/fixtures/onnx-pypi), which is newer.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readTensorProto, type Tensor } from "../../src/model/index.ts";

export interface OnnxCase {
  /** "node", "simple", "pytorch-converted", "pytorch-operator", "light". */
  readonly set: string;
  readonly name: string;
  /** Path of the model. */
  readonly model: string;
  /** Folders of input_<i>.pb and output_<i>.pb. */
  readonly data: readonly string[];
}

export interface Suite {
  readonly title: string;
  readonly cases: readonly OnnxCase[];
  /** Why there are none: the reason of a skip, which is a failure in CI. */
  readonly missing: string;
}

const FIXTURES = process.env.MODELYARD_FIXTURES || join(homedir(), ".cache/modelyard-fixtures");
const PYPI_VERSION = /^onnx==(.*)$/m.exec(
  readFileSync(join(import.meta.dirname, "../fixtures/onnx-pypi/requirements.txt"), "utf8"),
)?.[1];

export const DEBIAN: Suite = {
  title: "Debian's libonnx-testdata",
  cases: casesIn("/usr/share/libonnx-testdata/data"),
  missing: "needs Debian's libonnx-testdata",
};

export const PYPI: Suite = {
  title: `PyPI's onnx ${PYPI_VERSION}`,
  cases: casesIn(join(FIXTURES, `onnx-pypi-${PYPI_VERSION}`), "complete.json"),
  missing: "needs tests/fixtures/onnx-pypi/setup.sh",
};

/** Python with the packages of tests/fixtures/onnx-pypi/requirements.txt; null where setup.sh has not run. */
export const PYPI_PYTHON: string | null = (() => {
  const folder = join(FIXTURES, `onnx-pypi-${PYPI_VERSION}-python`);
  return existsSync(join(folder, "complete")) ? join(folder, "bin/python") : null;
})();

/** Every folder of a set with a model.onnx, in the order of names; none where the marker is missing. */
function casesIn(root: string, marker = ""): OnnxCase[] {
  if (!existsSync(join(root, marker))) return [];
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  return folders(root).flatMap((set) =>
    folders(join(root, set))
      .map((name) => join(root, set, name))
      .filter((folder) => existsSync(join(folder, "model.onnx")))
      .map((folder) => ({
        set,
        name: folder.slice(root.length + 1),
        model: join(folder, "model.onnx"),
        data: folders(folder)
          .filter((each) => each.startsWith("test_data_set_"))
          .map((each) => join(folder, each)),
      })),
  );
}

export interface CaseData {
  /** In the order of the model's inputs, those left out that have a constant as their default. */
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly (Tensor | null)[];
}

/** The tensors of a data set; null for what is no tensor: a sequence, an optional, a map. */
export async function readData(folder: string): Promise<CaseData> {
  return { inputs: await tensorsOf(folder, "input"), outputs: await tensorsOf(folder, "output") };
}

async function tensorsOf(folder: string, side: "input" | "output"): Promise<(Tensor | null)[]> {
  const tensors: (Tensor | null)[] = [];
  for (let i = 0; ; i++) {
    const path = join(folder, `${side}_${i}.pb`);
    if (!existsSync(path)) return tensors;
    const bytes = readFileSync(path);
    // An empty file is a scalar of no type: how an optional without a value is written.
    tensors.push(bytes.length === 0 ? null : await readTensorProto(bytes, path).catch(() => null));
  }
}
