import type { Grant } from "../../../src/credits/grant.ts";
import { decimal, formatDecimal } from "../../../src/money/decimal.ts";

/** A grant as stored in a snapshot: amounts as plain decimals. */
export type StoredGrant = Omit<Grant, "amount" | "remaining" | "rollover"> & {
  amount: string;
  remaining: string;
  rollover: { maxAmount: string | null; times: number | null } | null;
};

export function encodeGrant(grant: Grant): StoredGrant {
  const { amount, remaining, rollover } = grant;
  return {
    ...grant,
    amount: formatDecimal(amount),
    remaining: formatDecimal(remaining),
    rollover:
      rollover === null
        ? null
        : {
            maxAmount: rollover.maxAmount === null ? null : formatDecimal(rollover.maxAmount),
            times: rollover.times,
          },
  };
}

export function decodeGrant(stored: StoredGrant): Grant {
  const { amount, remaining, rollover } = stored;
  return {
    ...stored,
    amount: decimal(amount),
    remaining: decimal(remaining),
    rollover:
      rollover === null
        ? null
        : {
            maxAmount: rollover.maxAmount === null ? null : decimal(rollover.maxAmount),
            times: rollover.times,
          },
  };
}
