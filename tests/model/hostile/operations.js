// Everything that is done with a model that somebody gives us: a line each. Every one of them must answer any file with a
// result or a coded error. Plain JavaScript over dist/, so that a child process runs it too.

import { lowerModel } from "../../../dist/model/formats/lower.js";
import {
  bufferModelSink,
  checkModel,
  constantsOf,
  countOperators,
  countParameters,
  describe,
  inferContract,
  inferTypes,
  modelLines,
  openModel,
  printDetails,
  signatureOf,
  writeModel,
} from "../../../dist/model/index.js";
import { NEWEST_OPSET, runPasses, SIMPLIFY, upgradeTo } from "../../../dist/model/passes/index.js";

/**
 * @typedef {import("../../../src/model/index.ts").Model} Model
 * @typedef {{ readonly name: string, run(model: Model): Promise<void> }} Operation
 */

/** Contents are looked at a piece at a time, as the writer does. */
const PIECE = 1024 * 1024;

/** @param {Model} model */
async function errorsOf(model) {
  const findings = await checkModel(model);
  return findings
    .filter(({ severity }) => severity === "error")
    .map(({ rule, message }) => `${rule}: ${message}`);
}

/**
 * Brings a model to ONNX, changes it and writes it. What is written can be read again, and a model without errors has none afterwards.
 * @param {Model} model
 * @param {"auto" | "always" | "never"} external
 * @param {readonly import("../../../src/model/passes/index.ts").Pass[]} passes
 */
async function rewrite(model, external, passes = []) {
  const { model: lowered } = await lowerModel(model);
  const before = await errorsOf(lowered);
  const { model: changed } = await runPasses(lowered, passes, { note: () => {} });
  const sink = bufferModelSink("model.onnx");
  await writeModel(changed, sink, { external }).catch((error) => {
    if (sink.files.size > 0) throw new Error("something was written", { cause: error });
    throw error;
  });
  // Without outputs nothing is needed, and nothing may be left: that is no model.
  if (changed.graph.nodes.length === 0 && changed.graph.outputs.length === 0) return;
  const again = await openModel(sink.source()).catch((error) => {
    throw new Error(`what was written cannot be read: ${error.message}`, { cause: error });
  });
  if (before.length > 0) return;
  const [error] = await errorsOf(again);
  if (error !== undefined)
    throw new Error(`what was written has an error that the model did not have: ${error}`);
}

/** @type {readonly Operation[]} */
export const OPERATIONS = [
  {
    name: "weights",
    async run(model) {
      for (const tensor of constantsOf(model)) {
        if (tensor.dtype === "string") await tensor.read();
        else for await (const piece of tensor.stream(PIECE)) if (piece.length === 0) break;
      }
    },
  },
  {
    name: "files beside the graph",
    async run(model) {
      for (const { content } of model.attachments ?? []) await content.read();
    },
  },
  {
    name: "inspect",
    async run(model) {
      countOperators(model);
      countParameters(model);
      const contract = await inferContract(model, async () => null);
      describe(signatureOf(model), contract);
    },
  },
  {
    name: "check",
    async run(model) {
      await checkModel(model);
    },
  },
  {
    name: "print",
    async run(model) {
      const details = await printDetails(model);
      for (const width of [80, Number.POSITIVE_INFINITY])
        for (const _ of modelLines(model, { ...details, width }));
    },
  },
  {
    name: "infer",
    async run(model) {
      await inferTypes(model);
    },
  },
  { name: "write", run: (model) => rewrite(model, "never") },
  { name: "write with weights beside", run: (model) => rewrite(model, "always") },
  { name: "upgrade", run: (model) => rewrite(model, "never", [upgradeTo(NEWEST_OPSET)]) },
  { name: "simplify", run: (model) => rewrite(model, "never", SIMPLIFY) },
];
