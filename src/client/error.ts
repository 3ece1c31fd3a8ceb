/** What a server answered in place of a result, or why there was no answer. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /**
   * A code of docs/errors.md; "UNREACHABLE" where no server answered, "CUT" where its answer broke off, "HTTP_STATUS" and
   * "NOT_JSON" where what answered is no server of Modelyard.
   */
  readonly code: string;
  /** HTTP status; 0 where no server answered. */
  readonly status: number;
  readonly where: string | undefined;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: { code: string; status: number; where?: string; hint?: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code;
    this.status = options.status;
    this.where = options.where;
    this.hint = options.hint;
  }
}

/** The error that a response carries. */
export async function errorOf(response: Response): Promise<ClientError> {
  const text = await response.text();
  let body: { error?: unknown; code?: unknown; where?: unknown; hint?: unknown } = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // Whatever stands between may answer with a text, which is all there is to tell, or with a page, which tells a person nothing.
  }
  const isPage = /^\s*</.test(text) || response.headers.get("content-type")?.startsWith("text/html");
  const status = `${response.status} ${response.statusText}`.trim();
  const told = isPage || text.trim() === "" ? `The answer has the status ${status}.` : text.slice(0, 200);
  return errorFrom(body, response.status, told);
}

/** The value that a response carries as JSON. @throws ClientError */
export async function jsonOf(response: Response, signal?: AbortSignal | null): Promise<unknown> {
  const { status } = response;
  try {
    return await response.json();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (!(cause instanceof SyntaxError))
      throw new ClientError("The answer broke off.", { code: "CUT", status, cause });
    const hint = "Check the address: this is no server of Modelyard.";
    throw new ClientError("The answer is not JSON.", { code: "NOT_JSON", status, hint, cause });
  }
}

export function errorFrom(
  { error, code, where, hint }: { error?: unknown; code?: unknown; where?: unknown; hint?: unknown },
  status: number,
  otherwise: string,
): ClientError {
  return new ClientError(typeof error === "string" ? error : otherwise, {
    code: typeof code === "string" ? code : "HTTP_STATUS",
    status,
    ...(typeof where === "string" && { where }),
    ...(typeof hint === "string" && { hint }),
  });
}
