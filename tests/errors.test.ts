import { expect, test } from "bun:test";
import {
  AssertionFailure,
  assert,
  assertNever,
  BillingError,
  type ErrorCode,
  errorTable,
  invalid,
} from "../src/errors.ts";

test("the table holds every code of the API with its status", () => {
  const statuses: Record<ErrorCode, number> = {
    AUTH_001: 401,
    AUTH_006: 403,
    VAL_001: 400,
    INT_001: 500,
    REQ_001: 404,
    REQ_002: 405,
    REQ_003: 429,
    REQ_004: 413,
    REQ_005: 422,
    REQ_006: 409,
    RES_001: 404,
    RES_002: 409,
    SPEND_001: 402,
    PAY_001: 402,
    DEP_001: 503,
  };
  expect(Object.fromEntries(Object.entries(errorTable).map(([code, row]) => [code, row.status]))).toEqual(
    statuses,
  );
});

test("what may be tried again as it is: our fault, the rate, a key in flight, something away", () => {
  const retryable = Object.entries(errorTable).flatMap(([code, row]) => (row.retryable ? [code] : []));
  expect(retryable.sort()).toEqual(["DEP_001", "INT_001", "REQ_003", "REQ_006"]);
});

test("a validation error says field and reason in the documented words", () => {
  const error = invalid("name", "is required");
  expect(error.code).toBe("VAL_001");
  expect(error.message).toBe("Validation error: field 'name' is required");
  expect(error.field).toBe("name");
  expect("retryAfterS" in error).toBe(false);
});

test("a billing error carries its detail", () => {
  const error = new BillingError("REQ_003", "Too many requests", { retryAfterS: 7 });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe("BillingError");
  expect(error.retryAfterS).toBe(7);
  expect(error.field).toBeUndefined();
});

test("a failed assertion is a bug, not a billing error", () => {
  expect(() => assert(true, "holds")).not.toThrow();
  expect(() => assert(0, "does not hold")).toThrow(new AssertionFailure("does not hold"));
  expect(() => assertNever("surprise" as never)).toThrow(AssertionFailure);
  expect(new AssertionFailure("x")).not.toBeInstanceOf(BillingError);
});
