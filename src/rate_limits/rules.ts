import { limits } from "../limits.ts";
import { type RateRule, rateRule } from "./gcra.ts";

/** What a request counts as. Usage counts by events, everything else by requests. */
export type RateKind = "read" | "write" | "ingest" | "auth";

/** The rules a request of one kind is under: its company's, and that of the one key or user who makes it. */
export interface KindRules {
  readonly company: RateRule;
  readonly caller: RateRule;
}

/** Half of what the company may: a key gone wild leaves the others room. */
function ofKind(kind: RateKind, perSecond: number, seconds: number): KindRules {
  const burst = perSecond * seconds;
  return {
    company: rateRule(kind, burst, perSecond, 1000),
    caller: rateRule(`${kind}-caller`, burst / 2, perSecond / 2, 1000),
  };
}

const { rateBurstSeconds: seconds, readsPerSecond, writesPerSecond, eventsPerSecond } = limits;

/** The rules of what companies do; limits.ts. */
export const companyRules: Readonly<Record<Exclude<RateKind, "auth">, KindRules>> = {
  read: ofKind("read", readsPerSecond, seconds),
  write: ofKind("write", writesPerSecond, seconds),
  ingest: ofKind("ingest", eventsPerSecond, seconds),
};

/** Requests for tokens from one address. */
export const authRule = rateRule("auth", limits.authBurst, limits.authPerSecond, 1000);

/** Wrong passwords of one account, from wherever. */
export const accountFailuresRule = rateRule(
  "auth-account",
  limits.loginFailuresPerAccount,
  limits.loginFailuresPerAccount,
  limits.loginWindowMs,
);

/** Wrong passwords from one address, whoever it tries. */
export const addressFailuresRule = rateRule(
  "auth-address",
  limits.loginFailuresPerAddress,
  limits.loginFailuresPerAddress,
  limits.loginWindowMs,
);
