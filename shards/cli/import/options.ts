import { basename } from "node:path";
import { parseArgs } from "node:util";

/** What an import does, from its command line. */
export interface ImportOptions {
  /** Path of the file; "-" reads standard input. */
  readonly file: string;
  readonly format: "csv" | "ndjson";
  readonly customer: string;
  readonly eventType: string;
  /** Column with the event's time; null leaves it to the time of receipt. */
  readonly time: string | null;
  readonly properties: readonly { readonly name: string; readonly column: string }[];
  /** Column with the event's id; null derives ids from file and row. */
  readonly id: string | null;
  /** Part of every event's identity: the same file under the same source never counts twice. */
  readonly source: string;
  readonly url: string;
  readonly apiKey: string;
  readonly batch: number;
  readonly concurrency: number;
  readonly dryRun: boolean;
}

/** A command line that cannot be carried out, in words for the person who typed it. */
export class UsageError extends Error {}

export const importHelp = `Sends a CSV or NDJSON file of usage through the API. It can be run again at any time: rows that arrived
before are known by their ids and count once.

Usage: npm start -- import FILE --customer ID --event-type TYPE [options]

  FILE                     .csv (with a header row) or .ndjson / .jsonl; - reads standard input
  --customer ID            id or external id of the customer
  --event-type TYPE        type of the events
  --time COLUMN            column of the event's time: RFC 3339, "2023-11-16 18:17:03.97" (UTC), epoch seconds or
                           milliseconds; without it, the time of receipt
  --property NAME=COLUMN   a property of the events, any number of times; numbers keep their digits
  --id COLUMN              column of the event's id; without it, ids are derived from source, row number and row
  --source NAME            what the ids are told apart by; default: the file's name
  --format csv|ndjson      default: by the file's ending, else csv
  --api-key KEY            a key that may send events; default: $BILLAI_API_KEY
  --url URL                default: http://127.0.0.1:8000
  --batch N                events of a request, up to 1000; default 500
  --concurrency N          requests at once; default 4
  --dry-run                read and check the file, send nothing

NDJSON columns may be dotted paths, such as usage.input_tokens.
`;

/** Reads the command line. Throws UsageError. Null asks for help. */
export function readOptions(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): ImportOptions | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError("Name the file to import.");
  if (others.length > 0) throw new UsageError(`Only one file can be imported at a time: ${others.join(" ")}`);
  if (file === "-" && values.source === undefined)
    throw new UsageError("--source is needed with standard input.");
  const dryRun = values["dry-run"] === true;
  const apiKey = values["api-key"] ?? env.BILLAI_API_KEY ?? "";
  if (apiKey === "" && !dryRun)
    throw new UsageError("--api-key or $BILLAI_API_KEY is needed to send events.");
  return {
    file,
    format: formatOf(file, values.format),
    customer: required(values.customer, "--customer"),
    eventType: required(values["event-type"], "--event-type"),
    time: values.time ?? null,
    properties: (values.property ?? []).map(propertyOf),
    id: values.id ?? null,
    source: values.source ?? basename(file),
    url: urlOf(values.url ?? "http://127.0.0.1:8000"),
    apiKey,
    batch: count(values.batch, "--batch", 500, 1000),
    concurrency: count(values.concurrency, "--concurrency", 4, 64),
    dryRun,
  };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        customer: text,
        "event-type": text,
        time: text,
        property: { type: "string", multiple: true },
        id: text,
        source: text,
        format: text,
        "api-key": text,
        url: text,
        batch: text,
        concurrency: text,
        "dry-run": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw new UsageError(`${name} is needed.`);
  return value;
}

function propertyOf(text: string): { name: string; column: string } {
  const [name = "", ...column] = text.split("=");
  if (name === "" || column.join("=") === "")
    throw new UsageError(`--property takes NAME=COLUMN, not '${text}'.`);
  return { name, column: column.join("=") };
}

function formatOf(file: string, told: string | undefined): "csv" | "ndjson" {
  if (told === "csv" || told === "ndjson") return told;
  if (told !== undefined) throw new UsageError("--format takes csv or ndjson.");
  return /\.(ndjson|jsonl)$/i.test(file) ? "ndjson" : "csv";
}

function urlOf(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new UsageError(`--url takes an address such as http://127.0.0.1:8000, not '${text}'.`);
  return text.replace(/\/+$/, "");
}

function count(text: string | undefined, name: string, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new UsageError(`${name} takes a number from 1 to ${most}.`);
  return value;
}
