import { Readable } from "node:stream";
import type { ClickHouseClient } from "@clickhouse/client";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** Answers that mean the engine is there and refuses this: https://clickhouse.com/docs/interfaces/http, by code. */
const codes = { unknownTable: "60", unknownDatabase: "81", memoryLimit: "241", tooManyRows: "396" };

/** The engine's settings for what we ask: bounded, exact, and no answer before a block is kept. */
const settings = {
  async_insert: 0,
  max_memory_usage: String(limits.analyticsBytesMax),
  max_threads: 2,
  max_insert_threads: "1",
  // Each month is a partition: events of a long past may be in any number of them.
  max_partitions_per_insert_block: "0",
  max_execution_time: Math.ceil(limits.analyticsAnswerMsMax / 1000),
  // Its months are kept apart, and a row never moves from one to another.
  do_not_merge_across_partitions_select_final: 1,
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  // Otherwise dates before 1900 end up in one month and after 2299 in another; both are nobody's.
  date_time_overflow_behavior: "saturate",
} as const;

/** A server or chDB, asked in one way. Every call throws DEP_001 while it is away, and ends within a bounded time. */
export interface Engine {
  command(sql: string, params?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Rows as objects; numbers of 64 bits and decimals are texts in them. */
  query<Row>(sql: string, params?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  insert(table: string, rows: Iterable<object> | AsyncIterable<object>, token: string): Promise<void>;
  close(): Promise<void>;
}

/** What asks through a client; one that is not there yet is made when it is first needed. */
export function engineOver(connect: () => Promise<ClickHouseClient>): Engine {
  let connecting: Promise<ClickHouseClient> | null = null;
  const ask = async <T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> => {
    connecting ??= connect().catch((error: unknown) => {
      connecting = null; // such as while another process still has the folder
      throw error;
    });
    try {
      const client = await connecting;
      return await inTime(work(client));
    } catch (error) {
      throw told(error);
    }
  };
  return {
    command: (query, params) =>
      ask(async (client) => {
        await client.command({ query, clickhouse_settings: settings, ...given(params) });
      }),
    query: (query, params) =>
      ask(async (client) => {
        const answer = await client.query({
          query,
          format: "JSONEachRow",
          clickhouse_settings: settings,
          ...given(params),
        });
        return answer.json();
      }),
    insert: (table, rows, token) =>
      ask(async (client) => {
        await client.insert({
          table,
          values: Readable.from(rows),
          format: "JSONEachRow",
          clickhouse_settings: { ...settings, insert_deduplication_token: token },
        });
      }),
    close: async () => {
      const client = await connecting?.catch(() => null);
      await client?.close();
    },
  };
}

function given(params: Readonly<Record<string, unknown>> | undefined) {
  return params === undefined ? {} : { query_params: { ...params } };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it has not answered in time")), limits.analyticsAnswerMsMax);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Missing tables are as good as a missing engine: whoever feeds makes them anew. */
function told(error: unknown): BillingError {
  if (error instanceof BillingError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = codeOf(error, text);
  if (code === codes.memoryLimit || code === codes.tooManyRows) {
    return new BillingError("RES_002", "This takes too much memory to work out; ask for less at once");
  }
  const missing = code === codes.unknownTable || code === codes.unknownDatabase;
  const why = missing ? "its tables are gone" : text.split("\n")[0];
  return new BillingError("DEP_001", `Analytics is away: ${why}`, { retryAfterS: 5 });
}

function codeOf(error: unknown, text: string): string | null {
  if (typeof error === "object" && error !== null) {
    const { code, clickhouseCode } = error as { code?: unknown; clickhouseCode?: unknown };
    if (typeof clickhouseCode === "number") return String(clickhouseCode);
    if (typeof code === "string" && /^\d+$/.test(code)) return code;
  }
  return /\bCode: (\d+)/.exec(text)?.[1] ?? null;
}
