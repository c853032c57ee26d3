import { limits } from "../../src/limits.ts";
import { isRawNumber } from "../../src/money/json.ts";

const redacted = "[redacted]";

const secretName =
  /pass(?:word|wd|phrase)|secret|authori[sz]ation|credential|cookie|^(?:access|refresh|id|auth|bearer|session|api)?_?token$|^(?:x[_-])?(?:api|private|signing|encryption|access)[_-]?key$|^cv[cv]2?$|^(?:pan|card_?number|iban|pin)$/i;
// Keys of API providers, JSON Web Tokens, and what follows an authorization scheme.
const secretText =
  /\b(?:bk|sk|pk|rk)_(?:test|live)_\w{8,}|\bwhsec_\w{8,}|\brt_[\w-]{40,}|\beyJ[\w-]{8,}\.[\w-]+\.|^(?:Bearer|Basic) \S/i;
// The `key` of a plan is a name, that of anything else a secret: it shows by its long runs without a separator.
const keyName = /(?:^|[_-])key$/i;
const longRun = /[A-Za-z0-9+/=]{20}/;
/** The shortest text that is a secret by itself is `Basic x`. */
const secretTextCharactersMin = 7;
const cardLike = /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/g;

/** What is echoed of a request: secrets and card-like numbers hidden, long values cut. */
export function redact(value: unknown): unknown {
  return show(value, "", 0);
}

function show(value: unknown, name: string, depth: number): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (secretName.test(name)) return redacted;
  if (typeof value === "string") return showText(value, name);
  if (typeof value === "number") return hasCard(String(value)) ? redacted : value;
  if (isRawNumber(value)) return showRawNumber(value);
  if (depth >= limits.echoDepthMax) return "…";
  return Array.isArray(value) ? showList(value, name, depth) : showObject(value, depth);
}

function showText(text: string, name: string): string {
  if (text.length < secretTextCharactersMin) return text;
  if (secretText.test(text) || hasCard(text) || (longRun.test(text) && keyName.test(name))) return redacted;
  const { echoStringCharactersMax: max } = limits;
  return text.length > max ? `${text.slice(0, max).toWellFormed()}…` : text;
}

function showRawNumber(value: unknown): unknown {
  const text = JSON.stringify(value);
  if (hasCard(text)) return redacted;
  return text.length > limits.echoStringCharactersMax ? "…" : value;
}

function showList(list: readonly unknown[], name: string, depth: number): unknown[] {
  const shown = list.slice(0, limits.echoItemsMax).map((item) => show(item, name, depth + 1));
  if (list.length > shown.length) shown.push(`… ${list.length - shown.length} more`);
  return shown;
}

function showObject(object: object, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = Object.create(null); // so that `__proto__` is a name like any other
  const entries = Object.entries(object);
  const { echoItemsMax, echoStringCharactersMax: max } = limits;
  let count = 0;
  for (const [key, item] of entries) {
    if (count === echoItemsMax) {
      shown["…"] = `${entries.length - count} more`;
      break;
    }
    count += 1;
    const label = key.length > max ? `${key.slice(0, max).toWellFormed()}…` : key;
    shown[hasCard(key) ? redacted : label] = show(item, key, depth + 1);
  }
  return shown;
}

/** True where 13 to 19 digits in a row, spaces and dashes aside, pass the check every card number passes. */
function hasCard(text: string): boolean {
  if (text.length < 13) return false;
  for (const [digits] of text.matchAll(cardLike)) if (passesLuhn(digits.replace(/\D/g, ""))) return true;
  return false;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const twice = digit * 2;
    sum += i % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}
