import { type Scope, scopes } from "./scopes.ts";

export const roles = ["owner", "admin", "finance", "support", "developer", "analyst", "auditor"] as const;
export type Role = (typeof roles)[number];

const everyRead = scopes.filter((scope) => scope.endsWith(":read"));
const business = everyRead.filter((scope) => !/^(users|api_keys|health):/.test(scope));

const table: Readonly<Record<Role, readonly Scope[]>> = {
  owner: scopes,
  admin: scopes,
  finance: [
    ...business,
    "customers:write",
    "coupons:write",
    "spend:write",
    "credits:write",
    "contracts:write",
    "invoices:write",
  ],
  support: [...business, "customers:write", "subscriptions:write", "spend:write", "orphan_events:write"],
  developer: [
    ...business,
    "health:read",
    "products:write",
    "metrics:write",
    "prices:write",
    "plans:write",
    "plan_transitions:write",
    "coupons:write",
    "events:write",
    "test_clocks:write",
    "orphan_events:write",
    "api_keys:read",
    "api_keys:write",
  ],
  analyst: business,
  auditor: everyRead,
};

const permissions = new Map<Role, ReadonlySet<Scope>>(roles.map((role) => [role, new Set(table[role])]));
const none: ReadonlySet<Scope> = new Set();

/** What a user of this role may do. */
export function permissionsOf(role: Role): ReadonlySet<Scope> {
  return permissions.get(role) ?? none;
}
