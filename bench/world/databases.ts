import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";
import { connect } from "../../src/adapters/postgres/pool.ts";

/** A Postgres of this bench's own, and a folder for whatever else it needs. */
export interface Databases {
  /** A new empty folder. */
  folder(name: string): string;
  /** The address of a new empty database. */
  fresh(name: string): Promise<string>;
  /** The address of a copy of one that nobody is connected to. */
  copy(of: string, name: string): Promise<string>;
  close(): Promise<void>;
}

export async function openDatabases(): Promise<Databases> {
  const root = mkdtempSync(join(tmpdir(), "billai-bench-"));
  chmodSync(root, 0o755); // for the user Postgres runs as
  const folder = (name: string): string => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  const server = await openEmbeddedPostgres({ dataDir: folder("postgres"), log: () => {} });
  const owner = connect(server.url, { role: null, connections: 1 });
  const made = async (name: string, from: string): Promise<string> => {
    await owner.unsafe(`create database ${name} ${from}`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    folder,
    fresh: (name) => made(name, ""),
    copy: (of, name) => made(name, `template ${of} strategy file_copy`),
    async close() {
      await owner.end({ timeout: 5 });
      await server.stop();
      rmSync(root, { recursive: true });
    },
  };
}
