import { basename, relative } from "node:path";
import { nameText } from "../model/graph/label.ts";
import { closenessText } from "../run/convert/closeness.ts";
import {
  type Change,
  type ConvertReport,
  changedOperators,
  type QuantizeReport,
} from "../run/convert/report.ts";
import type { VerifyReport } from "../run/convert/verify/report.ts";
import { bytes, columns, counted, type Terminal, wrap } from "./terminal.ts";

/** Operators that are listed; the rest is counted. */
const MAX_OPERATORS = 12;

/** What became of a model, for a person. */
export function convertText(report: ConvertReport, terminal: Terminal): string {
  const [main, ...others] = report.files;
  const sizes = report.files.map((file) => `${file.name} ${bytes(file.bytes)}`).join(", ");
  const path = relative("", report.path) || report.path;
  const operators = changedOperators(report);
  const rest = operators.slice(MAX_OPERATORS);
  const { changes } = report;
  return [
    terminal.bold(`${path.startsWith("..") ? report.path : path} is written: ${headline(report)}`),
    "",
    columns(
      [
        ["", "before", "after"],
        ["size", bytes(report.before.bytes), others.length > 0 ? sizes : bytes(main?.bytes ?? 0)],
        ["weights", ...numbers(report, ({ weights }) => bytes(weights))],
        ["operators", ...numbers(report, ({ nodes }) => String(nodes))],
        ["opset", ...opsetTexts(report)],
        ["IR version", ...numbers(report, ({ irVersion }) => String(irVersion))],
      ].filter(([name, before, after]) => name !== "IR version" || before !== after),
    ),
    ...(changes.length > 0
      ? [
          "",
          "  what was done",
          ...changes.flatMap((change) =>
            wrap(`${change.pass}${changeText(change)}: ${change.promises}`, "    ", terminal.width),
          ),
        ]
      : []),
    ...(operators.length > 0
      ? [
          "",
          "  operators",
          columns(
            operators
              .slice(0, MAX_OPERATORS)
              .map(({ operator, before, after }) => [nameText(operator), `${before} → ${after}`]),
            "    ",
          ),
          ...(rest.length > 0 ? [`    and ${counted(rest.length, "more kind")}`] : []),
        ]
      : []),
    ...(report.quantized ? ["", ...quantizedLines(report.quantized, terminal.width)] : []),
    ...(report.verify ? ["", ...verifyLines(report.verify, terminal.width)] : []),
    ...section("not exact", report.approximations, terminal.width),
    ...section("to know", report.notes, terminal.width),
  ].join("\n");
}

function headline({ changes, before, after, verify, from }: ConvertReport): string {
  const name = basename(from);
  const what =
    changes.length === 0 && before.nodes === after.nodes
      ? `the graph of ${name}, unchanged`
      : before.nodes === after.nodes
        ? `${counted(after.nodes, "operator")}, as ${name} has`
        : `${counted(after.nodes, "operator")} where ${name} has ${before.nodes}`;
  if (!verify) return what;
  return verify.verified ? `${what}, verified` : `${what}, NOT verified`;
}

function numbers(
  { before, after }: ConvertReport,
  of: (measures: ConvertReport["before"]) => string,
): [string, string] {
  return [of(before), of(after)];
}

/** ai.onnx, and of other domains those that changed. */
function opsetTexts(report: ConvertReport): [string, string] {
  const before = new Map(Object.entries(report.before.opsets));
  const after = new Map(Object.entries(report.after.opsets));
  const text = (opsets: ReadonlyMap<string, number>) =>
    [...opsets]
      .filter(([domain]) => domain === "ai.onnx" || before.get(domain) !== after.get(domain))
      .map(([domain, version]) => (domain === "ai.onnx" ? String(version) : `${nameText(domain)} ${version}`))
      .join(", ");
  return [text(before), text(after)];
}

/** " (−3, +1, 2 changed, −1 weight)": of nodes, then of constant tensors. */
function changeText({ removed, added, changed, constants }: Change): string {
  const weights = (sign: string, count: number) => (count > 0 ? `${sign}${counted(count, "weight")}` : "");
  const parts = [
    removed > 0 ? `−${removed}` : "",
    added > 0 ? `+${added}` : "",
    changed > 0 ? `${changed} changed` : "",
    weights("−", constants.removed),
    weights("+", constants.added),
  ].filter(Boolean);
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}

function section(title: string, lines: readonly string[], width: number): string[] {
  if (lines.length === 0) return [];
  return ["", `  ${title}`, ...lines.flatMap((line) => wrap(line, "    ", width))];
}

function verifyLines(verify: VerifyReport, width: number): string[] {
  const { verified, reason, by, draws, given, outputs, notes } = verify;
  if (!verified) return wrap(`verified: no, since ${reason}`, "  ", width);
  const compared = outputs.filter((output) => output.left === null);
  const inputs = given
    ? "the inputs given"
    : draws === 1
      ? "made-up inputs"
      : `${draws} sets of made-up inputs`;
  const largest = Math.max(0, ...compared.map((output) => output.largest));
  const [worst] = compared
    .flatMap(({ closeness }) => (closeness ? [closeness] : []))
    .sort((a, b) => b.relative - a.relative);
  const answers = compared.every((output) => output.identical)
    ? "the same answers, bit for bit"
    : worst
      ? `answers that are off by ${closenessText(worst)} at most`
      : `answers that differ by ${number(largest)} at most`;
  return [
    ...wrap(`verified: yes, ${by === null ? "" : `by ${by}, `}${answers}, to ${inputs}`, "  ", width),
    ...[...notes, ...remarks(outputs)].flatMap((text) => wrap(text, "    ", width)),
  ];
}

function quantizedLines({ precision, weights, left }: QuantizeReport, width: number): string[] {
  const sum = (of: (weight: QuantizeReport["weights"][number]) => number) =>
    weights.reduce((total, weight) => total + of(weight), 0);
  const tensors = weights.length === 1 ? "1 weight" : `${weights.length} weights`;
  const exact = weights.filter(({ bits }) => bits === 8).length;
  const mixed = exact > 0 && exact < weights.length ? `, ${exact} of them in 8 bits` : "";
  const sizes = `${bytes(sum(({ before }) => before))} → ${bytes(sum(({ after }) => after))}`;
  return [
    ...wrap(
      `${precision}: ${weights.length > 0 ? `${tensors}${mixed}, ${sizes}` : "nothing was changed"}`,
      "  ",
      width,
    ),
    ...left.flatMap(({ reason, count, names }) => {
      const named = `${names
        .slice(0, MAX_NAMES)
        .map((name) => nameText(name))
        .join(", ")}${count > MAX_NAMES ? ` and ${count - MAX_NAMES} more` : ""}`;
      return wrap(`left as it is: ${named}, since ${reason}`, "    ", width);
    }),
  ];
}

type Output = VerifyReport["outputs"][number];

/** One sentence for all outputs of which the same is to be said. */
function remarks(outputs: readonly Output[]): string[] {
  const lines: string[] = [];
  const deaf = outputs.filter((output) => output.deaf);
  if (deaf.length > 0) {
    lines.push(`whatever the inputs are, the same is given by ${named(deaf)}: comparing that says little`);
  }
  const reasons = new Map<string, Output[]>();
  for (const output of outputs) {
    if (output.left === null) continue;
    reasons.set(output.left, [...(reasons.get(output.left) ?? []), output]);
  }
  for (const [reason, some] of reasons) lines.push(`not compared: ${named(some)}, since ${reason}`);
  return lines;
}

/** Names that are listed; the rest is counted. */
const MAX_NAMES = 3;

function named(outputs: readonly Output[]): string {
  const names = outputs.slice(0, MAX_NAMES).map(({ name }) => nameText(name));
  const more = outputs.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${counted(more, "more output")}` : names.join(", ");
}

function number(value: number): string {
  return String(Number(value.toPrecision(2)));
}
