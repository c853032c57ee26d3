import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { RandomBytes } from "../ports/random.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const secretCharacters = 43; // 32 bytes in base 62
const checkCharacters = 6; // 32 bits in base 62
const shape = /^bk_(?:test|live)_[0-9A-Za-z]{49}$/;
const prefixCharacters = 12;

/** A fresh key: `bk_live_`, 32 random bytes in base 62, and a checksum that tells a typing error without a look-up. */
export function newApiKey(mode: "test" | "live", random: RandomBytes): string {
  const secret = `bk_${mode}_${base62(random(32), secretCharacters)}`;
  return secret + checksum(secret);
}

/** True for text that may be a key of ours; whether it is one only the store knows. */
export function isApiKey(text: string): boolean {
  return shape.test(text) && checksum(text.slice(0, -checkCharacters)) === text.slice(-checkCharacters);
}

/** What is stored of a key. It needs no salt and no slowness: nobody guesses 256 bits. */
export function hashApiKey(key: string): string {
  return hash("sha256", key);
}

/** The characters shown in lists. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, prefixCharacters);
}

function checksum(text: string): string {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc32(text));
  return base62(bytes, checkCharacters);
}

function base62(bytes: Uint8Array, characters: number): string {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  let text = "";
  for (let i = 0; i < characters; i += 1) {
    text = alphabet.charAt(Number(value % 62n)) + text;
    value /= 62n;
  }
  return text;
}
