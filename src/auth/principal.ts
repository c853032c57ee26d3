import { BillingError } from "../errors.ts";
import type { Role } from "./roles.ts";
import type { Scope } from "./scopes.ts";

/** Who makes a request, once proven. */
export interface Principal {
  readonly kind: "user" | "api_key";
  /** The user's or the key's id. */
  readonly id: string;
  readonly companyId: string;
  readonly permissions: ReadonlySet<Scope>;
  /** Null for an API key. */
  readonly role: Role | null;
  /** Runs the platform; never an API key. */
  readonly operator: boolean;
  /** The login it comes from; null for an API key. */
  readonly sessionId: string | null;
}

/** What a request needs: every scope listed, one of the roles if any are listed, and to be the operator if it says so. */
export interface Requirement {
  readonly scopes?: readonly Scope[];
  readonly roles?: readonly Role[];
  readonly operator?: true;
}

/** Throws AUTH_006 unless the principal has all that is required. */
export function authorize(principal: Principal, needs: Requirement): void {
  const { scopes = [], roles = [] } = needs;
  const allowed =
    scopes.every((scope) => principal.permissions.has(scope)) &&
    (roles.length === 0 || (principal.role !== null && roles.includes(principal.role))) &&
    (needs.operator !== true || principal.operator);
  if (!allowed) throw new BillingError("AUTH_006", "Insufficient permissions for this action");
}

/** AUTH_001 in the same words whatever was wrong, so that it tells nothing. */
export function badCredentials(): BillingError {
  return new BillingError("AUTH_001", "Missing or invalid credentials");
}
