import { hash } from "node:crypto";
import { assert } from "../errors.ts";
import type { Instant } from "../time/instant.ts";

/** What a transfer is derived from: the same parts always give the same id, so that doing it twice is seen. */
export interface TransferOrigin {
  readonly companyId: string;
  /** The kind of fact, such as `invoice_issued`. */
  readonly kind: string;
  /** The id of the fact or of the document it is about. */
  readonly factId: string;
  /** Business time of the fact. */
  readonly at: Instant;
  /** Rises only after a definite refusal has been recorded: a refused id can never succeed. From 0. */
  readonly attempt: number;
}

/**
 * The id of one leg of a fact's chain: business milliseconds in the high 48 bits, so that ids are roughly in order,
 * and 80 bits of SHA-256 over the origin and the leg below.
 */
export function transferId(origin: TransferOrigin, leg: string): bigint {
  const { companyId, kind, factId, at, attempt } = origin;
  assert(Number.isInteger(at) && at > 0 && at < 2 ** 48, "the time of a transfer fits in 48 bits");
  let text = "";
  for (const part of [companyId, kind, factId, leg, String(attempt)]) text += `${part.length}:${part}`;
  return (BigInt(at) << 80n) | BigInt(`0x${hash("sha256", text, "hex").slice(0, 20)}`);
}
