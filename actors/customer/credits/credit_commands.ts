import type { Grant } from "../../../src/credits/grant.ts";

/** What can be asked of a customer's credit. */
export type CreditCommand =
  | {
      type: "grant_credit";
      /** As it is to be; what is left of it is all of it. Times that are not given are the actor's now. */
      grant: Omit<Grant, "remaining" | "createdAt" | "effectiveAt"> & { readonly effectiveAt: number | null };
    }
  | { type: "void_grant"; grantId: string };
