import { hash } from "node:crypto";
import { assert } from "./errors.ts";
import type { Instant } from "./time/instant.ts";

/** The prefixes of ids; API.md §1. */
export const idPrefixes = [
  "co",
  "user",
  "key",
  "cust",
  "prod",
  "met",
  "price",
  "plan",
  "trans",
  "sub",
  "con",
  "coup",
  "inv",
  "li",
  "cm",
  "pay",
  "pm",
  "lim",
  "rsv",
  "grant",
  "entry",
  "clock",
  "task",
  "ntf",
  "whk",
  "orph",
  "req",
] as const;
export type IdPrefix = (typeof idPrefixes)[number];

/** The id with another prefix that is as new as this one: for what one request makes once, wherever it is served. */
export function idAlike(id: string, prefix: IdPrefix): string {
  return `${prefix}${id.slice(id.indexOf("_"))}`;
}

/** Gives new ids; implemented where clock and randomness are. */
export interface IdSource {
  next(prefix: IdPrefix): string;
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
/** What ten bits are, two characters at a time. */
const pairs = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31),
);
const body = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const known: ReadonlySet<string> = new Set(idPrefixes);

/**
 * A new id, `cust_` and 26 characters of Crockford base 32: a UUIDv7 in another spelling, so ids sort by time.
 * `random` holds 10 bytes, of which 74 bits are used.
 */
export function newId(prefix: IdPrefix, at: Instant, random: Uint8Array): string {
  assert(random.length === 10, "an id takes 10 random bytes");
  const [r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0, r6 = 0, r7 = 0, r8 = 0, r9 = 0] = random;
  const versioned = (r0 & 0x0f) | 0x70;
  const variant = (r2 & 0x3f) | 0x80;
  const high = versioned * 2 ** 32 + r1 * 2 ** 24 + variant * 2 ** 16 + r3 * 2 ** 8 + r4;
  const low = r5 * 2 ** 32 + r6 * 2 ** 24 + r7 * 2 ** 16 + r8 * 2 ** 8 + r9;
  return `${prefix}_${timePart(at)}${base32(high, 8)}${base32(low, 8)}`;
}

/**
 * The id of something that must not be made twice: its time bits come from `at`, the rest from SHA-256 of the
 * prefix and the parts, each with its length before it so that ("ab", "c") and ("a", "bc") differ.
 */
export function derivedId(prefix: IdPrefix, at: Instant, ...parts: string[]): string {
  let text = `${prefix}.`;
  for (const part of parts) text += `${part.length}:${part}`;
  return newId(prefix, at, hash("sha256", text, "buffer").subarray(0, 10));
}

/** True when the text is an id with this prefix, in the spelling `newId` gives. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && body.test(text.slice(prefix.length + 1));
}

/** The prefix of a well-formed id, else null. */
export function idPrefixOf(text: string): IdPrefix | null {
  const prefix = text.slice(0, text.indexOf("_"));
  return known.has(prefix) && isId(prefix as IdPrefix, text) ? (prefix as IdPrefix) : null;
}

/** The last one asked for: many ids are made within a millisecond. */
let lastTime = { at: 0, text: base32(0, 10) };

/** 48 bits of milliseconds in 10 characters, the first of which holds three bits. */
function timePart(at: Instant): string {
  assert(Number.isInteger(at) && at >= 0 && at < 2 ** 48, "the time of an id fits in 48 bits");
  if (at !== lastTime.at) lastTime = { at, text: base32(at, 10) };
  return lastTime.text;
}

/** @param characters an even number of them */
function base32(value: number, characters: number): string {
  let text = "";
  let rest = value; // up to 48 bits: beyond what shifts can do, exact as a double
  for (let i = 0; i < characters; i += 2) {
    text = pairs[rest % 1024] + text;
    rest = Math.floor(rest / 1024);
  }
  return text;
}
