import { BillingError } from "../../errors.ts";

/** What clients are told while the broker does not answer; why is for the operator. */
export function away(reason: unknown): BillingError {
  if (reason instanceof BillingError) return reason;
  const error = new BillingError("DEP_001", "The event log is away", { retryAfterS: 1 });
  error.cause = reason;
  return error;
}

/** Every error that an error of the client holds, itself and those within it. */
export function* errorsWithin(error: unknown): Generator<Error> {
  if (!(error instanceof Error)) return;
  yield error;
  const inner: unknown[] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  for (const each of [...inner, error.cause]) yield* errorsWithin(each);
}

/** Whether the broker answered with this error of its protocol, such as `OFFSET_OUT_OF_RANGE`. */
export function hasErrorId(error: unknown, id: string): boolean {
  for (const each of errorsWithin(error)) if ("apiId" in each && each.apiId === id) return true;
  return false;
}

/** In one line, what a person needs to know of an error: the innermost says most. */
export function reasonOf(error: unknown): string {
  const all = [...errorsWithin(error)];
  return (all.at(-1)?.message ?? String(error)).split("\n")[0] ?? "";
}

/** The promise's outcome, or DEP_001 when it takes longer. */
export async function within<T>(waitMsMax: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(away(`no answer within ${waitMsMax} ms`)), waitMsMax);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
