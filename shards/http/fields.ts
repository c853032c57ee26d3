import { invalid } from "../../src/errors.ts";
import { type Instant, parseInstant } from "../../src/time/instant.ts";

/** An instant out of a field of a request. Throws VAL_001 naming the field. */
export function instantField(field: string, text: string): Instant {
  const at = parseInstant(text);
  if (at === null) throw invalid(field, "must be an RFC 3339 instant such as 2026-02-01T00:00:00Z");
  return at;
}
