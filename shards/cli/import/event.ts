import { hash } from "node:crypto";
import { formatInstant, parseInstant } from "../../../src/time/instant.ts";
import type { ImportOptions } from "./options.ts";
import type { Row } from "./rows.ts";
import { eventsBytesMax } from "./sender.ts";

/** A row as the event to send, as JSON text, or why it is none. */
export type RowEvent = { readonly json: string } | { readonly fault: string };

/** Makes the event of a row. Its id, unless the file has one, is the same whenever the file is read again. */
export function eventOf(row: Row, options: ImportOptions): RowEvent {
  if (row.fault !== null) return { fault: row.fault };
  const properties: Record<string, unknown> = {};
  for (const { name, column } of options.properties) {
    const value = row.cell(column);
    if (value === undefined) return { fault: `column '${column}' is empty` };
    properties[name] = value;
  }
  const id = options.id === null ? derivedId(row, options.source) : row.written(options.id);
  if (id === undefined) return { fault: `column '${options.id}' is empty` };
  const timestamp = options.time === null ? undefined : timestampOf(row.written(options.time) ?? "");
  if (timestamp === null) return { fault: `column '${options.time}' holds no time` };
  const event = {
    event_id: id,
    event_type: options.eventType,
    customer_id: options.customer,
    source: options.source,
    timestamp,
    properties,
  };
  const json = JSON.stringify(event);
  return Buffer.byteLength(json) >= eventsBytesMax ? { fault: "it is too large for an event" } : { json };
}

/** The same whenever the file is read again; equal rows at different places have different ones. */
function derivedId(row: Row, source: string): string {
  return hash("sha256", JSON.stringify([source, row.number, row.text]), "hex").slice(0, 32);
}

/**
 * A time as files write it, in RFC 3339: that itself, a date and time without a zone (UTC) parted by a space or T,
 * a date alone, or seconds or milliseconds since 1970. Null for anything else.
 */
export function timestampOf(written: string): string | null {
  const text = written.trim();
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return epoch(text);
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|[+-]\d{2}:\d{2})?$/i.exec(text) ??
    [];
  if (date === undefined) return null;
  const whole = time === undefined ? "00:00:00" : time.length === 5 ? `${time}:00` : time;
  const at = parseInstant(`${date}T${whole}${zone ?? "Z"}`);
  return at === null ? null : formatInstant(at);
}

/** Up to 11 digits before the point are seconds, which lasts until the year 5138. */
function epoch(text: string): string | null {
  const [whole = "", fraction = ""] = text.split(".");
  const ms =
    whole.length <= 11 ? Number(whole) * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3)) : Number(whole);
  return Number.isSafeInteger(ms) ? formatInstant(ms) : null;
}
