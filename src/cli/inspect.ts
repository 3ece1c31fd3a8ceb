import type { Command } from "commander";
import { explain } from "../model/contract/explain.ts";
import { charactersWanted, meaningWanted } from "../model/contract/wanted.ts";
import { CARRIED_KEY } from "../model/graph/carried.ts";
import { countOperators, countParameters } from "../model/graph/count.ts";
import type { Model } from "../model/graph/graph.ts";
import type { TensorSpec } from "../model/tensor/tensor.ts";
import { type OpenedModel, openSource } from "../run/pipeline/open.ts";
import type { PlacedModel } from "./placed.ts";
import { openProgress } from "./progress.ts";
import { bytes, columns, counted, type Terminal, wrap } from "./terminal.ts";

// What `--check`, `--graph` and `--write` need is most of the program, and loaded where somebody asks.

interface Options {
  readonly cache?: string;
  readonly write?: boolean;
  readonly check?: boolean;
  readonly graph?: boolean;
  readonly device?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .option("--cache <folder>", "where fetched models are kept")
    .option("--check", "what is wrong with it, and what can be done; exits with 1 where there are errors")
    .option(
      "--graph",
      "the graph as a text: what goes in and comes out, constants, a node a line with its types",
    )
    .option("--device <name>", "load it there, and say which nodes run where")
    .option("--write", "write model.yaml beside the model, for a person to correct")
    .addHelpText("after", "\nExample:\n  $ modelyard inspect examples/models/mnist")
    .action(async (source: string, options: Options) => {
      const progress = openProgress(terminal, source);
      const opened = await openSource(source, {
        ...(options.cache === undefined ? {} : { cache: options.cache }),
        onProgress: progress.update,
      }).finally(progress.stop);
      try {
        // First, so that an answer on stdout means that all was done.
        const { device } = options;
        const placed =
          device === undefined
            ? null
            : await (await import("./placed.ts")).placeModel(source, device, options);
        const written = options.write ? await write(opened, { ...options, asked: source }) : undefined;
        await answer(opened, { ...options, placed, ...(written === undefined ? {} : { written }) }, terminal);
        if (written !== undefined) terminal.note(`\nwrote ${written}`);
      } finally {
        await opened.close();
      }
    });
}

async function write(opened: OpenedModel, options: Options & { asked: string }): Promise<string> {
  const { writeModelFile } = await import("../run/pipeline/write-file.ts");
  return writeModelFile(opened, options);
}

/** The usual report, or in its place the graph, the findings or both. */
async function answer(
  opened: OpenedModel,
  {
    graph,
    check,
    written,
    placed,
  }: Options & { readonly written?: string; readonly placed: PlacedModel | null },
  terminal: Terminal,
): Promise<void> {
  const { model } = opened;
  const checked = check ? await findingsOf(model) : null;
  const printed = graph ? await printedOf(model) : null;
  if (checked?.findings.some(({ severity }) => severity === "error")) process.exitCode = 1;
  if (terminal.json) {
    const value = {
      ...report(opened),
      ...(checked && { findings: checked.findings }),
      ...(printed && { graph: printed.whole() }),
      ...(placed && { device: placed }),
      ...(written !== undefined && { written }),
    };
    terminal.answer(value, () => "");
    return;
  }
  if (printed) await terminal.lines(printed.lines(terminal.width));
  if (printed && checked) await terminal.lines([""]);
  if (checked || !printed)
    terminal.answer(null, () => (checked ? checked.text(terminal) : text(opened, terminal, placed)));
}

async function findingsOf(model: Model) {
  const { checkModel } = await import("../model/graph/check/index.ts");
  const { lowerModel } = await import("../model/formats/lower.ts");
  const { findingsText } = await import("./findings.ts");
  // The rules are ONNX's: a model of another format is held to them as what it is converted to.
  const findings = await checkModel((await lowerModel(model)).model);
  return { findings, text: (terminal: Terminal) => findingsText(findings, terminal) };
}

async function printedOf(model: Model) {
  const { modelLines, printDetails, printModel } = await import("../model/graph/print/index.ts");
  const details = await printDetails(model);
  return {
    whole: () => printModel(model, details),
    lines: (width: number) => modelLines(model, { ...details, width }),
  };
}

/** The value of `inspect --json`. */
export function report(opened: OpenedModel): Record<string, unknown> {
  const { model, signature, contract } = opened;
  const { attachments = [] } = model;
  const spec = ({ name, dtype, shape, type }: TensorSpec) => ({ name, dtype, shape, ...(type && { type }) });
  return {
    name: opened.name,
    format: model.format,
    summary: opened.summary,
    task: opened.task.id,
    files: opened.files,
    opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
    inputs: signature.inputs.map(spec),
    outputs: signature.outputs.map(spec),
    contract,
    operators: countOperators(model),
    parameters: countParameters(model),
    bytes: opened.bytes,
    producer: model.producer,
    // What is carried along is listed: a vocabulary is megabytes of base64.
    metadata: Object.fromEntries(
      [...model.metadata].filter(([key]) => attachments.length === 0 || key !== CARRIED_KEY),
    ),
    attachments: attachments.map(({ kind, name, content }) => ({
      kind,
      name,
      bytes: content.byteLength,
    })),
    notes: model.notes,
  };
}

function text(opened: OpenedModel, terminal: Terminal, placed: PlacedModel | null): string {
  const { model, signature, contract } = opened;
  const operators = Object.entries(countOperators(model)).sort((a, b) => b[1] - a[1]);
  const shown = operators.slice(0, 12).map(([name, count]) => `${name} ${count}`);
  if (operators.length > shown.length)
    shown.push(`and ${counted(operators.length - shown.length, "more kind")}`);
  const opsets = [...model.opsets].map(([domain, version]) => `${domain || "ai.onnx"} ${version}`).join(", ");
  const made = [model.producer.name, model.producer.version].filter(Boolean).join(" ");
  const rows = (specs: readonly TensorSpec[]) =>
    columns(
      specs.map((spec) => [spec.name, spec.type ?? spec.dtype, spec.type ? "" : shapeText(spec.shape)]),
      "    ",
      terminal.width,
    );
  const reasons = explain(contract).map(({ text, reason, confidence }) => [
    text,
    `${reason} (${confidence})`,
  ]);
  const isUnknown = opened.task.id === "tensors" && contract.task !== "tensors";
  const characters = charactersWanted(contract);
  const notes = [
    ...model.notes,
    ...(isUnknown ? [meaningWanted(signature, contract)] : []),
    ...(characters ? [characters] : []),
  ];
  return [
    ...wrap(opened.summary, "", terminal.width).map(terminal.bold),
    "",
    columns(
      [
        ["file", `${opened.path}, ${bytes(opened.bytes)}`],
        ["format", `${model.format.toUpperCase()}, operators of ${opsets}${made ? `, made by ${made}` : ""}`],
        [
          "size",
          `${countParameters(model).toLocaleString("en")} parameters, ${counted(
            operators.reduce((sum, [, count]) => sum + count, 0),
            "operator",
          )}: ${shown.join(", ")}`,
        ],
        ["task", `${opened.task.id}: ${opened.task.title}`],
        ...(placed ? [["device", placed.text]] : []),
      ],
      "  ",
      terminal.width,
    ),
    "",
    "  takes",
    rows(signature.inputs),
    "  gives",
    rows(signature.outputs),
    ...(reasons.length > 0 ? ["", "  why we think so", columns(reasons, "    ", terminal.width)] : []),
    ...(notes.length > 0
      ? ["", "  to know", ...notes.flatMap((note) => wrap(note, "    ", terminal.width))]
      : []),
  ].join("\n");
}

/** "1 × 3 × height × ?" */
export function shapeText(shape: TensorSpec["shape"]): string {
  if (shape === null) return "any shape";
  if (shape.length === 0) return "one value";
  return shape.map((dim) => dim ?? "?").join(" × ");
}
