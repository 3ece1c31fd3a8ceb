import { parseOperator } from "./parse.ts";
import type { OperatorSchema } from "./schema.ts";
import { DOMAINS, SCHEMAS } from "./schemas.gen.ts";

/** The lines of every operator by domain and name; a line is parsed when its operator is first asked for. */
let lines: Map<string, Map<string, string[]>> | null = null;
const parsed = new Map<string, Map<string, readonly OperatorSchema[]>>();

function linesOf(domain: string): Map<string, string[]> | undefined {
  if (lines) return lines.get(domain);
  lines = new Map();
  let operators = new Map<string, string[]>();
  let versions: string[] = [];
  for (const line of SCHEMAS.split("\n")) {
    if (line.startsWith("@")) {
      operators = new Map();
      lines.set(line.slice(1), operators);
    } else if (line.startsWith("#")) {
      versions = [];
      operators.set(line.slice(1), versions);
    } else versions.push(line);
  }
  return lines.get(domain);
}

/**
 * Every version of an operator, oldest first; empty where nobody knows it.
 *
 * Known are ai.onnx ("" or "ai.onnx"), ai.onnx.ml and the preview domains of onnx 1.23, com.microsoft and
 * com.microsoft.nchwc of ONNX Runtime 1.30, and operators that the standard has dropped and the runtime still runs.
 */
export function schemaVersions(domain: string, op: string): readonly OperatorSchema[] {
  const of = domain === "ai.onnx" ? "" : domain;
  let operators = parsed.get(of);
  let found = operators?.get(op);
  if (found) return found;
  const text = linesOf(of)?.get(op);
  // What nobody knows is not remembered: its name comes from a file.
  if (!text) return [];
  found = parseOperator(of, op, text);
  operators ??= new Map();
  operators.set(op, found);
  parsed.set(of, operators);
  return found;
}

/**
 * The operator as an operator set has it: the newest version at or below it, which may be one that is marked as deprecated.
 * Undefined where the operator is unknown, or younger than the set.
 */
export function schemaOf(domain: string, op: string, opset: number): OperatorSchema | undefined {
  const versions = schemaVersions(domain, op);
  for (let i = versions.length - 1; i >= 0; i--) {
    const version = versions[i] as OperatorSchema;
    if (version.since <= opset) return version;
  }
  return undefined;
}

const NEWEST = new Map(DOMAINS);

/** The newest version of a domain's operator set that is known here; undefined for a domain that nobody knows. */
export function newestOpset(domain: string): number | undefined {
  return NEWEST.get(domain === "ai.onnx" ? "" : domain);
}

/** The names of a domain's operators, deprecated ones included; empty for a domain that nobody knows. */
export function operatorsOf(domain: string): readonly string[] {
  return [...(linesOf(domain === "ai.onnx" ? "" : domain)?.keys() ?? [])];
}

/** Every domain whose operators are known; "" is ai.onnx. */
export function knownDomains(): readonly string[] {
  return DOMAINS.map(([domain]) => domain);
}
