import { Database, SQLiteError, type Statement } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { BillingError } from "../../errors.ts";
import type { LogRecord } from "../../ports/event_log.ts";

/** Raised when the tables change; a file of another version is refused. The second knows partitions that moved in. */
const formats = { plain: 1, withStarts: 2 };
/** "BLog": says in the file's header whose it is. */
const applicationId = 0x424c6f67;
/** Pages in the write-ahead log before they move to the tables: fewer, larger moves than the default of 1,000. */
const checkpointPages = 4000;
/** How the refusal of a log ends that another process has. */
export const inUse = "is in use by another process";

/**
 * The event log's file. Every call blocks until the disk is done, so it belongs on a thread of its own.
 *
 * Rows lie in the order they were appended, with an index by partition and offset: a commit then dirties the end of
 * one tree instead of 64 places.
 */
export class LogFile {
  readonly #db: Database;
  readonly #partitions: number;
  readonly #insert: Statement<unknown, [number, number, Uint8Array]>;
  readonly #write: (records: readonly LogRecord[]) => void;

  /** Throws DEP_001 with one line naming the file when another process has it or it is not what was asked for. */
  constructor(file: string, partitions: number) {
    this.#partitions = partitions;
    this.#db = openDatabase(file);
    try {
      this.#lock();
      this.#prepareTables(file);
    } catch (error) {
      this.#db.close();
      throw explained(file, error);
    }
    this.#insert = this.#db.prepare("INSERT INTO records (partition, position, bytes) VALUES (?, ?, ?)");
    this.#write = this.#db.transaction((records: readonly LogRecord[]) => {
      for (const { partition, offset, bytes } of records) this.#insert.run(partition, offset, bytes);
    });
  }

  /** All or none; durable when it returns. */
  append(records: readonly LogRecord[]): void {
    this.#write(records);
  }

  /** Records of a partition from `offset` on: at least one if there is any, else within both bounds. */
  read(partition: number, offset: number, records: number, bytes: number): LogRecord[] {
    const sizes = this.#db
      .query<{ size: number }, [number, number, number]>(
        "SELECT length(bytes) AS size FROM records WHERE partition = ? AND position >= ? ORDER BY position LIMIT ?",
      )
      .all(partition, offset, records);
    let count = 0;
    let total = 0;
    for (const { size } of sizes) {
      total += size;
      if (count > 0 && total > bytes) break;
      count += 1;
    }
    return this.#db
      .query<LogRecord, [number, number, number]>(
        `SELECT partition, position AS offset, bytes FROM records
           WHERE partition = ? AND position >= ? ORDER BY position LIMIT ?`,
      )
      .all(partition, offset, count);
  }

  /** The offset the next record of each partition gets. */
  ends(): number[] {
    const last = this.#db.query<{ end: number }, [number]>(
      "SELECT coalesce(max(position) + 1, 0) AS end FROM records WHERE partition = ?",
    );
    const starts = this.#starts();
    return Array.from({ length: this.#partitions }, (_, partition) =>
      Math.max(last.get(partition)?.end ?? 0, starts.get(partition) ?? 0),
    );
  }

  /** From now on a partition whose records before `position` are in another file goes on here. */
  begin(partition: number, position: number): void {
    this.#db.transaction(() => {
      this.#db.run(`PRAGMA user_version = ${formats.withStarts}`);
      this.#db.run(
        "CREATE TABLE IF NOT EXISTS starts (partition INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT",
      );
      this.#db.run("INSERT OR REPLACE INTO starts VALUES (?, ?)", [partition, position]);
    })();
  }

  #starts(): Map<number, number> {
    if (this.#pragma("user_version") !== formats.withStarts) return new Map();
    const rows = this.#db.query<{ partition: number; position: number }, []>("SELECT * FROM starts").all();
    return new Map(rows.map(({ partition, position }) => [partition, position]));
  }

  /** Gives the file free: not before every statement is, which the garbage collector might take long to do. */
  close(): void {
    this.#insert.finalize();
    this.#db.clearQueryCache();
    this.#db.close(true);
  }

  /**
   * Keeps every other process out until this one ends, however it ends: the lock is the operating system's. It also
   * spares the shared memory file.
   */
  #lock(): void {
    this.#db.run("PRAGMA locking_mode = EXCLUSIVE");
    this.#db.run("PRAGMA journal_mode = WAL");
    this.#db.run("PRAGMA synchronous = FULL");
    this.#db.run(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    this.#db.run("BEGIN IMMEDIATE; COMMIT"); // takes the lock even where nothing is written yet
  }

  #prepareTables(file: string): void {
    const isEmpty = this.#db.query("SELECT 1 FROM sqlite_schema").get() === null;
    if (isEmpty) this.#createTables();
    if (this.#pragma("application_id") !== applicationId) throw refused(file, "is not an event log");
    const format = this.#pragma("user_version");
    if (format !== formats.plain && format !== formats.withStarts) {
      throw refused(file, `has format ${format}; this release reads format ${formats.withStarts}`);
    }
    const stored = this.#db
      .query<{ partitions: number }, []>("SELECT partitions FROM about")
      .get()?.partitions;
    if (stored !== this.#partitions) {
      throw refused(
        file,
        `has ${stored} partitions and was opened with ${this.#partitions}; the number never changes`,
      );
    }
  }

  /** In one transaction: a process that dies here leaves an empty file. */
  #createTables(): void {
    this.#db.transaction(() => {
      this.#db.run(`PRAGMA application_id = ${applicationId}`);
      this.#db.run(`PRAGMA user_version = ${formats.plain}`);
      this.#db.run("CREATE TABLE about (partitions INTEGER NOT NULL) STRICT");
      this.#db.run("INSERT INTO about VALUES (?)", [this.#partitions]);
      this.#db.run(
        `CREATE TABLE records (partition INTEGER NOT NULL, position INTEGER NOT NULL, bytes BLOB NOT NULL,
           PRIMARY KEY (partition, position)) STRICT`,
      );
    })();
  }

  #pragma(name: string): number {
    return this.#db.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0;
  }
}

function openDatabase(file: string): Database {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return new Database(file);
  } catch (error) {
    throw explained(file, error);
  }
}

function refused(file: string, reason: string): BillingError {
  return new BillingError("DEP_001", `The event log ${file} ${reason}`);
}

function explained(file: string, error: unknown): BillingError {
  if (error instanceof BillingError) return error;
  if (error instanceof SQLiteError && error.code === "SQLITE_BUSY") return refused(file, inUse);
  if (error instanceof SQLiteError && error.code === "SQLITE_NOTADB")
    return refused(file, "is not an event log");
  return refused(file, `cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
}
