import { readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { MNIST, modelsFolder } from "./models-folder.ts";

/** Processes of this one that hold models, or wait for one. */
function holders(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && parentOf(pid) === process.pid)
    .filter((pid) => /worker\/process-entry|^modelyard /.test(read(`/proc/${pid}/cmdline`)));
}

function parentOf(pid: number): number {
  return Number(read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[1]);
}

/** Empty where the process has gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const PIPELINE = `input: image
steps:
  digit: { model: digit.onnx }
  other: { model: missing.onnx, input: input }
`;

test.skipIf(process.platform !== "linux")(
  "the process that is kept ready goes with the catalogue, also where one model of a pipeline could not be loaded",
  async () => {
    const folder = modelsFolder({ "two/pipeline.yaml": PIPELINE, "two/digit.onnx": { copy: MNIST } });
    const catalogue = await openCatalogue(folder, { cache: emptyFolder(), isolation: "process" });
    onTestFinished(() => catalogue.close());
    await expect.poll(() => catalogue.status()[0]?.state).toBe("unavailable");
    expect(catalogue.status()[0]?.reason).toContain("missing.onnx");
    await catalogue.close();
    expect(holders()).toEqual([]);
  },
);
