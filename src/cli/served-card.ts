import { fail } from "../base/errors/index.ts";
import { ClientError, createClient, type ModelDetail } from "../client/index.ts";

/** A model of a running server, as a person names it. */
export interface ServedAt {
  /** http://host:port */
  readonly server: string;
  readonly name: string;
}

/** What an address names; null where it is no http://host/models/<name>. @throws HUB_NO_ADDRESS */
export function servedAt(source: string): ServedAt | null {
  const [, server, name] = /^(https?:\/\/[^/]+)\/models\/([^/]+)$/.exec(source) ?? [];
  if (server === undefined || name === undefined) return null;
  try {
    new URL(server);
    return { server, name: decodeURIComponent(name) };
  } catch (cause) {
    throw fail("HUB_NO_ADDRESS", { source }, { cause });
  }
}

/**
 * All that a running server tells of a model.
 * @throws TYPES_UNREACHABLE, TYPES_REFUSED with what a server of Modelyard said, TYPES_FOREIGN for any other server
 */
export async function servedCard({ server, name }: ServedAt): Promise<ModelDetail> {
  const address = `${server}/models/${encodeURIComponent(name)}`;
  let card: unknown;
  try {
    const key = process.env.MODELYARD_API_KEY;
    card = await createClient(server, key ? { key } : {}).model(name);
  } catch (cause) {
    if (!(cause instanceof ClientError)) throw cause;
    const { code, status, message: problem, where, hint } = cause;
    if (code === "UNREACHABLE") throw fail("TYPES_UNREACHABLE", { server }, { where: address, cause });
    if (code === "HTTP_STATUS" || code === "NOT_JSON" || code === "CUT") {
      const found = code === "HTTP_STATUS" ? `The answer has the status ${status}.` : problem;
      throw fail("TYPES_FOREIGN", { address, problem: found }, { where: address, cause });
    }
    const advice = hint ?? `${server}/models lists what the server has.`;
    throw fail("TYPES_REFUSED", { server, problem, advice }, { where: where ?? address, cause });
  }
  if (isCard(card)) return card;
  const problem = "The answer is JSON, but tells of no model's tensors.";
  throw fail("TYPES_FOREIGN", { address, problem }, { where: address });
}

function isCard(value: unknown): value is ModelDetail {
  if (!isObject(value) || !isObject(value.signature) || !isObject(value.contract)) return false;
  const { signature, contract } = value;
  return (
    [signature.inputs, signature.outputs].every((specs) => Array.isArray(specs) && specs.every(isSpec)) &&
    [contract.inputs, contract.outputs, contract.states, contract.constants].every(isObject)
  );
}

function isSpec(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, dtype, shape } = value;
  return typeof name === "string" && typeof dtype === "string" && (shape === null || Array.isArray(shape));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
