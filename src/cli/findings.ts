import { type Finding, RULES } from "../model/graph/check/index.ts";
import { nameText } from "../model/graph/label.ts";
import { counted, type Terminal, wrap } from "./terminal.ts";

/** Places of one rule that a person is shown; `--json` has more. */
const MOST_SHOWN = 6;

const TITLES = new Map(RULES.map(({ id, title }) => [id, title]));

/** Findings for a person: what is wrong, where, and what to do, those of one rule together, errors first. */
export function findingsText(findings: readonly Finding[], terminal: Terminal): string {
  if (findings.length === 0) return "Nothing is wrong with it.";
  const lines: string[] = [terminal.bold(summary(findings))];
  for (const group of groupsOf(findings)) {
    const [first] = group;
    if (!first) continue;
    lines.push("", `  ${terminal.bold(`${first.severity}: ${TITLES.get(first.rule) ?? first.rule}`)}`);
    for (const finding of group.slice(0, MOST_SHOWN))
      lines.push(...wrap(sentence(finding), "    ", terminal.width));
    if (group.length > MOST_SHOWN) lines.push(`    and ${group.length - MOST_SHOWN} more`);
    for (const remedy of new Set(group.slice(0, MOST_SHOWN).map((each) => each.remedy)))
      lines.push(...wrap(`to do: ${remedy}`, "    ", terminal.width));
  }
  return lines.join("\n");
}

/** "2 errors, 1 warning" */
function summary(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return [errors > 0 && counted(errors, "error"), warnings > 0 && counted(warnings, "warning")]
    .filter(Boolean)
    .join(", ");
}

function groupsOf(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.rule}`;
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()];
}

/** "node 12 (add_3), in If_7.then_branch: Add reads …" */
function sentence({ graph, node, message }: Finding): string {
  const place = [
    ...(node ? [`node ${node.index}${node.name === "" ? "" : ` (${shorten(node.name)})`}`] : []),
    ...(graph === "" ? [] : [`in ${graph}`]),
  ].join(", ");
  return place === "" ? message : `${place}: ${message}`;
}

/** Names may be long; the end of a path tells more than its beginning. */
function shorten(name: string): string {
  return name.length > LONGEST_NAME ? `…${nameText(name.slice(-LONGEST_NAME))}` : nameText(name);
}

const LONGEST_NAME = 60;
