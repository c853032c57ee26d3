import { existsSync } from "node:fs";
import { type Finding, fine } from "../../ports/probe.ts";
import { openSqliteEventLog, type SqliteEventLogOptions } from "./event_log.ts";
import { inUse } from "./log_file.ts";

/** Opens the log as a start would; one that another process has is in good hands. */
export async function probeSqliteEventLog(options: SqliteEventLogOptions): Promise<readonly Finding[]> {
  if (!existsSync(options.file)) return [fine("is not there yet; the first start makes it")];
  try {
    const log = await openSqliteEventLog(options);
    await log.close();
    return [fine("opens, and no other process has it")];
  } catch (error) {
    if (error instanceof Error && error.message.endsWith(inUse)) return [fine("is open in a running BillAI")];
    throw error;
  }
}
