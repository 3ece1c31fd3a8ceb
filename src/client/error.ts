/** What a server answered in place of a result, or why there was no answer. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** A code of docs/errors.md; "UNREACHABLE" where no server answered. */
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
    // Whatever stands between may answer with a page: its text is all there is to tell.
  }
  return errorFrom(body, response.status, text.slice(0, 200) || response.statusText);
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
