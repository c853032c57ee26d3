import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant } from "../../src/time/instant.ts";

/** Longer than clocks of one installation differ. */
const validMs = 600_000;

/**
 * Makes what a process shows another one to be let in. It is good for that one only, for a while: whoever listens at
 * the address of a process that has ended can do nothing with it.
 */
export function makePass(secret: string, address: string, now: Instant): string {
  const until = now + validMs;
  return `${until}.${sign(secret, address, until)}`;
}

/** Whether a pass was made for this address by somebody who knows the secret, not too long ago. */
export function isPass(secret: string, address: string, pass: string, now: Instant): boolean {
  const [until = "", signature = ""] = pass.split(".");
  if (!/^\d{1,15}$/.test(until) || Number(until) < now || Number(until) > now + 2 * validMs) return false;
  const expected = Buffer.from(sign(secret, address, Number(until)));
  const shown = Buffer.from(signature);
  return expected.length === shown.length && timingSafeEqual(expected, shown);
}

function sign(secret: string, address: string, until: Instant): string {
  return createHmac("sha256", secret).update(`${address}|${until}`).digest("hex");
}
