import { BillingError } from "../../src/errors.ts";
import type { Instant } from "../../src/time/instant.ts";

/** Where faults of ours are told to those who run the program: one object, one line. */
export type Report = (line: Readonly<Record<string, unknown>>) => void;

/** Writes each report as one line of JSON to stderr. */
export const reportToStderr: Report = (line) => {
  process.stderr.write(`${JSON.stringify(line)}\n`);
};

/** What the client is told of any failure: a refusal as it is, a fault of ours as INT_001 with nothing of its inside. */
export function toldError(
  error: unknown,
  at: { readonly requestId: string; readonly now: Instant; readonly route: string },
  report: Report,
): BillingError {
  if (error instanceof BillingError) return error;
  const stack = error instanceof Error ? error.stack : undefined;
  report({
    level: "error",
    request_id: at.requestId,
    at: at.now,
    route: at.route,
    error: String(error),
    stack,
  });
  return new BillingError("INT_001", `Internal server error; please report request ${at.requestId}`);
}
