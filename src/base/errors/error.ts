/** gRPC status names (https://grpc.github.io/grpc/core/md_doc_statuscodes.html) that the catalogue uses. */
export type GrpcStatus =
  | "CANCELLED"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS";

/** One row of the catalogue. `{name}` in `what` and `hint` is filled in from the error's details. */
export interface ErrorRow {
  /** What happened, one sentence. */
  readonly what: string;
  /** What the reader can do about it. */
  readonly hint: string;
  /** Status of an HTTP answer. */
  readonly http: number;
  readonly grpc: GrpcStatus;
}

export type Details = Readonly<Record<string, string | number | bigint | boolean>>;

/** What crosses a border (worker, HTTP, stderr) in place of the error object. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  /** The place: file and byte, node, tensor, line and key, route. */
  readonly where?: string;
  readonly hint?: string;
  readonly http: number;
  readonly grpc: GrpcStatus;
  readonly details?: Details;
  /** Where an error that nobody foresaw was thrown: for logs, never for an answer. */
  readonly stack?: string;
}

/**
 * Every error that a user may see. Match by `code`, never by `instanceof`: two copies of this package may be
 * loaded.
 */
export class ModelyardError extends Error {
  override readonly name = "ModelyardError";
  readonly code: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly http: number;
  readonly grpc: GrpcStatus;
  readonly details: Details;

  constructor(plain: PlainError, cause?: unknown) {
    super(plain.message, cause === undefined ? undefined : { cause });
    this.code = plain.code;
    this.where = plain.where;
    this.hint = plain.hint;
    this.http = plain.http;
    this.grpc = plain.grpc;
    this.details = plain.details ?? {};
    // Where it came over a border, the stack of this side tells nothing.
    if (plain.stack !== undefined) this.stack = plain.stack;
  }

  /** The form in which the error is printed by `--json` and answered over HTTP. */
  toJSON(): { code: string; message: string; where?: string; hint?: string } {
    return {
      code: this.code,
      message: this.message,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}

/** The error as plain data, for a message to another thread, process or machine. */
export function toPlainError(error: unknown): PlainError {
  if (isModelyardError(error)) {
    const { code, message, where, hint, http, grpc, details } = error;
    return {
      code,
      message,
      http,
      grpc,
      details,
      ...(where === undefined ? {} : { where }),
      ...(hint === undefined ? {} : { hint }),
      ...(isUnforeseen(error) && error.stack !== undefined ? { stack: error.stack } : {}),
    };
  }
  return {
    code: UNFORESEEN,
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
    hint: "This is a defect of Modelyard: please report it with the command and the file.",
    http: 500,
    grpc: "INTERNAL",
  };
}

export function fromPlainError(plain: PlainError, cause?: unknown): ModelyardError {
  return new ModelyardError(plain, cause);
}

const UNFORESEEN = "INTERNAL";

/**
 * Whether an error is nobody's mistake but ours, here or behind a border that it came over: one without a code, or with the
 * code that such a one gets there. It belongs into a log, with its stack.
 */
export function isUnforeseen(error: unknown): boolean {
  return !isModelyardError(error) || error.code === UNFORESEEN;
}

const OF_MODULE: readonly string[] = ["MODULE_FAILED", "MODULE_LOAD", "MODULE_ENDED"];

/** The stack of code that a person put beside a model, where it threw or could not be loaded; null of all else. */
export function moduleStackOf(error: unknown): string | null {
  if (!isModelyardError(error) || !OF_MODULE.includes(error.code)) return null;
  return error.cause instanceof Error ? (error.cause.stack ?? null) : null;
}

export function isModelyardError(error: unknown): error is ModelyardError {
  return error instanceof Error && error.name === "ModelyardError" && "code" in error;
}
