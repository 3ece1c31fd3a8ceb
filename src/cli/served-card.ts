import { fail } from "../base/errors/index.ts";
import { ClientError, createClient, type ModelDetail } from "../client/index.ts";

/** A model of a running server, as a person names it. */
export interface ServedAt {
  /** http://host:port */
  readonly server: string;
  readonly name: string;
}

/**
 * What an address names: http://host/models/<name>, or http://host of a server that has one model; null where it is neither.
 * @throws HUB_NO_ADDRESS; of a server alone TYPES_SEVERAL and what servedCard throws
 */
export async function servedAt(source: string): Promise<ServedAt | null> {
  const [, server, name] = /^(https?:\/\/[^/]+)(?:\/models\/([^/]+))?\/?$/.exec(source) ?? [];
  if (server === undefined) return null;
  try {
    new URL(server);
    if (name !== undefined) return { server, name: decodeURIComponent(name) };
  } catch (cause) {
    throw fail("HUB_NO_ADDRESS", { source }, { cause });
  }
  return { server, name: await onlyName(server) };
}

async function onlyName(server: string): Promise<string> {
  const address = `${server}/models`;
  const list = await asked(server, address, (client) => client.models());
  if (!Array.isArray(list) || !list.every((each) => typeof each?.name === "string"))
    throw fail("TYPES_FOREIGN", { address, problem: "The answer lists no models." }, { where: address });
  const names = [...new Set(list.map((each) => each.name))];
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  const known = names.length === 0 ? "none" : names.join(", ");
  throw fail("TYPES_SEVERAL", { server, count: names.length, known }, { where: address });
}

/**
 * All that a running server tells of a model.
 * @throws TYPES_UNREACHABLE, TYPES_REFUSED with what a server of Modelyard said, TYPES_FOREIGN for any other server
 */
export async function servedCard({ server, name }: ServedAt): Promise<ModelDetail> {
  const address = `${server}/models/${encodeURIComponent(name)}`;
  const card = await asked(server, address, (client) => client.model(name));
  if (isCard(card)) return card;
  const problem = "The answer is JSON, but tells of no model's tensors.";
  throw fail("TYPES_FOREIGN", { address, problem }, { where: address });
}

/** An answer of whatever listens there, with its refusals in our words. */
async function asked(
  server: string,
  address: string,
  ask: (client: ReturnType<typeof createClient>) => Promise<unknown>,
): Promise<unknown> {
  try {
    const key = process.env.MODELYARD_API_KEY;
    return await ask(createClient(server, key ? { key } : {}));
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
