import { hash } from "node:crypto";
import type { RandomBytes } from "../ports/random.ts";

const shape = /^rt_[A-Za-z0-9_-]{43}$/;

/** A fresh refresh token: 32 random bytes. */
export function newRefreshToken(random: RandomBytes): string {
  return `rt_${Buffer.from(random(32)).toString("base64url")}`;
}

/** True for text that may be a refresh token. */
export function isRefreshToken(text: string): boolean {
  return shape.test(text);
}

/** What is stored of a refresh token. */
export function hashRefreshToken(token: string): string {
  return hash("sha256", token);
}
