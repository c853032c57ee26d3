/** What may be done, by name, in words for people who grant it. Users have them by their role, API keys one by one. */
export const scopeTable = {
  "customers:read": "Read customers",
  "customers:write": "Create and change customers",
  "products:read": "Read products",
  "products:write": "Create, change and archive products",
  "metrics:read": "Read metrics",
  "metrics:write": "Create, change and archive metrics",
  "prices:read": "Read prices",
  "prices:write": "Create, change and archive prices",
  "plans:read": "Read plans",
  "plans:write": "Create, change and archive plans",
  "plan_transitions:read": "Read the rules for changes of plan",
  "plan_transitions:write": "Create, change and archive the rules for changes of plan",
  "coupons:read": "Read coupons",
  "coupons:write": "Create, change and archive coupons",
  "subscriptions:read": "Read subscriptions and their periods",
  "subscriptions:write": "Start, change and cancel subscriptions",
  "events:write": "Send usage events",
  "usage:read": "Read usage events and aggregates",
  "spend:read": "Read spend limits and live spend, and ask what an event would cost",
  "spend:write": "Set and remove spend limits",
  "credits:read": "Read credit grants, balances and their history",
  "credits:write": "Give and take back credit",
  "contracts:read": "Read contracts",
  "contracts:write": "Make, change and end contracts",
  "invoices:read": "Read, preview and simulate invoices",
  "invoices:write": "Issue and change invoices",
  "test_clocks:read": "Read test clocks",
  "test_clocks:write": "Create and advance test clocks",
  "orphan_events:read": "Read orphan events",
  "orphan_events:write": "Recover orphan events",
  "ledger:read": "Read ledger accounts, transfers and the trial balance",
  "companies:read": "Read the company and its settings",
  "companies:write": "Change the company's settings",
  "users:read": "Read users",
  "users:write": "Create and change users",
  "api_keys:read": "Read API keys",
  "api_keys:write": "Create and revoke API keys",
  "health:read": "Read how the installation is doing",
} as const;

export type Scope = keyof typeof scopeTable;

/** Every scope there is. */
export const scopes = Object.keys(scopeTable) as Scope[];

const peopleOnly: ReadonlySet<Scope> = new Set(["companies:write", "users:write", "api_keys:write"]);

/** What an API key may hold: all but what would let a leaked key make further access for itself. */
export const keyScopes: readonly Scope[] = scopes.filter((scope) => !peopleOnly.has(scope));
