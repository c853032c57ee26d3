import type { Grant } from "../../../src/credits/grant.ts";
import type { Instant } from "../../../src/time/instant.ts";

/** A grant as it is to be; all of it is left. In effect from the actor's now where it says nothing else. */
export type GivenGrant = Omit<Grant, "remaining" | "createdAt" | "effectiveAt" | "isScheduled" | "ended"> & {
  readonly effectiveAt: Instant | null;
};

/** What can be asked of a customer's credit. */
export type CreditCommand =
  | { type: "grant_credit"; grant: GivenGrant }
  | { type: "void_grant"; grantId: string };
