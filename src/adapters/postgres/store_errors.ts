import { BillingError } from "../../errors.ts";

/** The SQLSTATE of a Postgres error, or the driver's code of a lost connection; null for anything else. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** True where some row cannot be stored, however often it is tried: data exceptions and broken constraints. */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(errorCode(error) ?? "");
}

/** True where the same transaction may succeed when run again: serialization failure or deadlock. */
export function isRetryable(error: unknown): boolean {
  return /^40(001|P01)$/.test(errorCode(error) ?? "");
}

/**
 * A host whose name is not found is one whose container does not run; 25P03 and 25P04 are of connections the server
 * has closed on a process that stood still in the middle of a transaction.
 */
const awayCodes =
  /^(08|25P0[34]|53|57P|CONN|ECONN|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENET|ENOTFOUND|EAI_AGAIN)/;

/** True where the database is away or was lost in between: what became of a commit is then unknown. */
export function isAway(error: unknown): boolean {
  return awayCodes.test(errorCode(error) ?? "");
}

/**
 * True where the driver wrote to a connection that had just closed, which throws where nobody can catch it
 * (github.com/porsager/postgres/issues/1154). What it was to send is refused all the same: see `renewing`.
 */
export function isLostWrite(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  return (
    /\bsocket\.write\b/.test(error.message) && /\bpostgres\/src\/connection\.js\b/.test(error.stack ?? "")
  );
}

/** Far longer than anything of ours takes: a statement sent just as its connection goes is never answered. */
const answerMsMax = 40_000;

/**
 * Runs a piece of work on the store; its being away, or silent, becomes DEP_001, everything else passes unchanged.
 *
 * @param waitMsMax after which it counts as silent
 */
export async function onStore<T>(work: () => Promise<T>, waitMsMax: number = answerMsMax): Promise<T> {
  const away = () =>
    new BillingError("DEP_001", "The database is away; try again shortly", { retryAfterS: 1 });
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => silence.reject(away()), waitMsMax);
  try {
    return await Promise.race([work(), silence.promise]);
  } catch (error) {
    throw isAway(error) ? away() : error;
  } finally {
    clearTimeout(timer);
  }
}
