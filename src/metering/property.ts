import { isRawNumber } from "../money/json.ts";

/** What an event tells about itself, as it was sent. */
export type Properties = Readonly<Record<string, unknown>>;

/** The property a field names: one of exactly that name, else the end of the dotted path; undefined where there is none. */
export function propertyAt(properties: Properties, field: string): unknown {
  if (Object.hasOwn(properties, field)) return properties[field];
  if (!field.includes(".")) return undefined;
  let value: unknown = properties;
  for (const name of field.split(".")) {
    if (!isFolder(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Whether a value has properties of its own. */
export function isFolder(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}
