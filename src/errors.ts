/** The error codes clients see; API.md §1. */
export type ErrorCode =
  | "AUTH_001"
  | "AUTH_006"
  | "VAL_001"
  | "INT_001"
  | "REQ_001"
  | "REQ_002"
  | "REQ_003"
  | "REQ_004"
  | "REQ_005"
  | "REQ_006"
  | "RES_001"
  | "RES_002"
  | "SPEND_001"
  | "PAY_001"
  | "DEP_001";

/** What a code means on the wire: HTTP status, a title for the docs, and whether the same request may succeed later. */
export interface ErrorRow {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

/** Every error code there is; API.md §1. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  AUTH_001: { status: 401, title: "Missing or invalid credentials", retryable: false },
  AUTH_006: { status: 403, title: "Insufficient permissions for this action", retryable: false },
  VAL_001: { status: 400, title: "Validation error", retryable: false },
  INT_001: { status: 500, title: "Internal server error", retryable: true },
  REQ_001: { status: 404, title: "Endpoint not found", retryable: false },
  REQ_002: { status: 405, title: "Method not allowed", retryable: false },
  REQ_003: { status: 429, title: "Rate limited", retryable: true },
  REQ_004: { status: 413, title: "Body or batch too large", retryable: false },
  REQ_005: { status: 422, title: "Idempotency-Key reused with another body", retryable: false },
  REQ_006: { status: 409, title: "A request with this Idempotency-Key is in flight", retryable: true },
  RES_001: { status: 404, title: "No such resource", retryable: false },
  RES_002: { status: 409, title: "Conflict with what exists", retryable: false },
  SPEND_001: { status: 402, title: "Refused by a spend limit", retryable: false },
  PAY_001: { status: 402, title: "Declined by the payment provider", retryable: false },
  DEP_001: { status: 503, title: "A dependency is away", retryable: true },
};

/** A refusal a client is told about: a code of the table, a sentence for people, and what helps to mend it. */
export class BillingError extends Error {
  override readonly name = "BillingError";
  readonly code: ErrorCode;
  /** JSON path of the offending field, such as `prices[0].unit_amount`. */
  declare readonly field?: string;
  /** Seconds to wait before trying again; becomes `Retry-After`. */
  declare readonly retryAfterS?: number;

  constructor(code: ErrorCode, msg: string, detail?: { field?: string; retryAfterS?: number }) {
    super(msg);
    this.code = code;
    if (detail?.field !== undefined) this.field = detail.field;
    if (detail?.retryAfterS !== undefined) this.retryAfterS = detail.retryAfterS;
  }
}

/** A bug of ours, never the client's doing: reported as INT_001 without its message. */
export class AssertionFailure extends Error {
  override readonly name = "AssertionFailure";
}

/** VAL_001 in the documented style: `invalid("name", "is required")` says "Validation error: field 'name' is required". */
export function invalid(field: string, reason: string): BillingError {
  return new BillingError("VAL_001", `Validation error: field '${field}' ${reason}`, { field });
}

/** States what must hold; throws AssertionFailure where it does not, which is a bug. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Closes an exhaustive switch: a case that was forgotten does not compile. */
export function assertNever(value: never): never {
  throw new AssertionFailure(`unexpected case: ${JSON.stringify(value)}`);
}
