import { nameText } from "../model/graph/label.ts";
import { namesOf } from "../run/convert/diff/diff.ts";
import type {
  AnswerDiff,
  Changed,
  DiffNode,
  DiffReport,
  Listed,
  Weight,
  WeightChange,
} from "../run/convert/diff/report.ts";
import { columns, counted, fits, type Terminal, wrap } from "./terminal.ts";

/** Whether anything is different: also answers alone, where the runtime rounds in two ways. */
export function isDifferent({ same, answers }: DiffReport): boolean {
  return !same || answers.outputs.some((output) => output.left === null && !output.identical);
}

/** Entries of a list that a person reads through. */
const MAX_ROWS = 12;

/** What changed from one model to another, for a person. */
export function diffText(report: DiffReport, terminal: Terminal): string {
  const names = namesOf(report.a.path, report.b.path);
  return [
    ...wrap(terminal.bold(headline(report, names.original, names.result)), "", terminal.width),
    "",
    "  takes and gives",
    ...(report.signature.length === 0 ? ["    the same"] : changes(report.signature, terminal.width)),
    ...section("about the model", changes(report.header, terminal.width)),
    "",
    ...graphLines(report, terminal.width),
    "",
    ...weightLines(report, terminal.width),
    "",
    ...answerLines(report, terminal.width),
  ].join("\n");
}

function headline(report: DiffReport, a: string, b: string): string {
  const { structure, weights, signature, header, answers } = report;
  const parts = [
    signature.length > 0 ? "takes or gives something else" : "",
    count(structure.removed.count, "operator gone", "operators gone"),
    count(structure.added.count, "operator new", "operators new"),
    count(structure.changed.count, "operator changed", "operators changed"),
    count(weights.changed.count, "weight changed", "weights changed"),
    count(weights.removed.count, "weight gone", "weights gone"),
    count(weights.added.count, "weight new", "weights new"),
  ].filter(Boolean);
  if (parts.length === 0 && header.length > 0) parts.push("the same graph, described in another way");
  const compared = answers.outputs.filter((output) => output.left === null);
  const said =
    compared.length === 0
      ? ""
      : compared.every((output) => output.identical)
        ? "; the same answers"
        : `; answers up to ${number(Math.max(...compared.map((output) => output.largest)))} apart`;
  if (parts.length === 0) return `${b} is the same model as ${a}${said}`;
  return `From ${a} to ${b}: ${parts.join(", ")}${said}`;
}

function count(of: number, one: string, many: string): string {
  return of === 0 ? "" : `${of} ${of === 1 ? one : many}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `  ${title}`, ...lines];
}

/** "opset ai.onnx   11 → 17" */
function changes(list: readonly Changed[], width: number): string[] {
  if (list.length === 0) return [];
  const shown = list.slice(0, MAX_ROWS);
  const rows = shown.map(({ what, a, b }) => [plain(what), arrow(a, b)]);
  if (list.length > shown.length) rows.push([`and ${list.length - shown.length} more`, ""]);
  const table = columns(rows, "    ");
  if (fits(table, width)) return [table];
  return rows.flatMap((row) => wrap(row.filter(Boolean).join(": "), "    ", width));
}

function arrow(a: string | null, b: string | null): string {
  if (a === null) return `none → ${plain(b ?? "")}`;
  return b === null ? `${plain(a)} → none` : `${plain(a)} → ${plain(b)}`;
}

/** Names of a file may hold what would move the cursor. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}

function graphLines({ structure }: DiffReport, width: number): string[] {
  const { nodes, removed, added, changed } = structure;
  const lines = changedLines(changed.list);
  const more = changed.count - changed.list.length + Math.max(0, lines.length - MAX_ROWS);
  return [
    `  graph: ${nodes.a} operators and ${nodes.b}, ${nodes.unchanged} of them the same`,
    ...grouped("gone", removed, width),
    ...grouped("new", added, width),
    ...lines.slice(0, MAX_ROWS).flatMap((line) => wrap(`changed: ${line}`, "    ", width)),
    ...(more > 0 ? [`    changed: and ${more} more`] : []),
  ];
}

/** One line for all nodes of one operator to which the same was done. */
function changedLines(list: DiffReport["structure"]["changed"]["list"]): string[] {
  const groups = new Map<string, (typeof list)[number][]>();
  for (const each of list) {
    const key = JSON.stringify([
      each.a.op,
      each.changes.map(({ what, a, b }) => [what, a === null, b === null]),
    ]);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [(typeof list)[number]];
    const what = first.changes.map((change, i) => {
      const alike = group.every(({ changes: of }) => of[i]?.a === change.a && of[i]?.b === change.b);
      if (alike) return `${plain(change.what)} ${arrow(change.a, change.b)}`;
      const how = change.a === null ? " is new" : change.b === null ? " is gone" : "";
      return `${plain(change.what)}${how}`;
    });
    const names = group.slice(0, 3).map(({ a }) => nameText(a.name || a.output));
    const who =
      group.length === 1
        ? nodeText(first.a)
        : `${group.length} ${nameText(first.a.op)} (${names.join(", ")}${group.length > 3 ? ", …" : ""})`;
    return `${who}: ${what.join("; ")}`;
  });
}

/** Nodes by their operator: "gone: 20 BatchNormalization (bn1, bn2, …)". */
function grouped(title: string, nodes: Listed<DiffNode>, width: number): string[] {
  const groups = new Map<string, string[]>();
  for (const node of nodes.list) {
    const names = groups.get(node.op);
    const name = nameText(node.name || node.output);
    if (names) names.push(name);
    else groups.set(node.op, [name]);
  }
  const lines = [...groups].sort((a, b) => b[1].length - a[1].length);
  const more = nodes.count - nodes.list.length;
  return [
    ...lines.slice(0, MAX_ROWS).flatMap(([op, names]) => {
      const some = names.slice(0, 3).join(", ");
      return wrap(
        `${title}: ${names.length} ${nameText(op)} (${some}${names.length > 3 ? ", …" : ""})`,
        "    ",
        width,
      );
    }),
    ...(lines.length > MAX_ROWS
      ? [`    ${title}: and ${counted(lines.length - MAX_ROWS, "more kind")}`]
      : []),
    ...(more > 0 ? [`    ${title}: and ${more} more`] : []),
  ];
}

function nodeText({ op, name, output }: DiffNode): string {
  return `${nameText(op)} ${nameText(name || output)}`;
}

function weightLines({ weights }: DiffReport, width: number): string[] {
  const { compared, same, changed, removed, added } = weights;
  const lines = wrap(
    compared === 0
      ? `weights: none ${removed.count + added.count > 0 ? "on both sides" : "on either side"}`
      : `weights: ${compared} on both sides, ${same === compared ? "all" : same} of them the same`,
    "  ",
    width,
  );
  // What changed most, for its size, comes first.
  const distance = ({ values }: WeightChange) => values?.relative ?? Infinity;
  const sorted = [...changed.list].sort((one, other) => distance(other) - distance(one));
  const rows = sorted.slice(0, MAX_ROWS).map(weightRow);
  const table = columns([WEIGHT_HEADINGS, ...rows], "    ");
  if (rows.length > 0 && fits(table, width)) lines.push(table);
  else for (const row of rows) lines.push(...wrap(weightText(row), "    ", width));
  if (changed.count > rows.length) lines.push(`    and ${changed.count - rows.length} changed more`);
  const named = (title: string, { list, count: all }: Listed<Weight>) => {
    if (all === 0) return;
    const some = list.slice(0, 3).map(({ name, type }) => `${nameText(name)} ${type}`);
    lines.push(...wrap(`${title}: ${all} (${some.join(", ")}${all > 3 ? ", …" : ""})`, "    ", width));
  };
  named("gone", removed);
  named("new", added);
  return lines;
}

const WEIGHT_HEADINGS = ["", "type", "largest", "mean", "cosine", "differing"];

/** A row of the table where the terminal is too narrow for one. */
function weightText([name = "", type = "", ...numbers]: readonly string[]): string {
  const said = numbers.flatMap((text, i) => (text === "" ? [] : [`${WEIGHT_HEADINGS[i + 2]} ${text}`]));
  return `${name} ${type}${said.length > 0 ? `: ${said.join(", ")}` : ""}`;
}

function weightRow({ a, b, values }: WeightChange): string[] {
  const type = a.type === b.type ? a.type : `${a.type} → ${b.type}`;
  if (!values) return [nameText(a.name), type];
  const { largest, mean, cosine, differing, count: all } = values;
  return [
    nameText(a.name),
    type,
    number(largest),
    number(mean),
    cosine === null ? "" : cosine.toFixed(6),
    `${differing} of ${all}`,
  ];
}

function answerLines({ answers }: DiffReport, width: number): string[] {
  const { reason, draws, given, outputs, notes } = answers;
  if (reason !== null) return wrap(`answers: not compared, since ${plain(reason)}`, "  ", width);
  const inputs = given ? "the inputs given" : `${draws} ${draws === 1 ? "set" : "sets"} of made-up inputs`;
  const lines = [...notes, ...outputs.map(answerText)];
  return [`  answers to ${inputs}`, ...lines.flatMap((line) => wrap(line, "    ", width))];
}

function answerText({ name, identical, largest, mean, misfit, top, left }: AnswerDiff): string {
  const title = nameText(name);
  if (left !== null) return `${title}: not compared, since ${plain(left)}`;
  if (misfit !== null) return `${title}: ${misfit}`;
  if (identical) return `${title}: the same, bit for bit`;
  const best = top ? `; the best class is the same in ${top.agree} of ${top.rows}` : "";
  return `${title}: up to ${number(largest)} apart, ${number(mean)} on average${best}`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
