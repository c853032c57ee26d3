import { writeSync } from "node:fs";
import postgres from "postgres";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";

/**
 * A process of its own for the tests of the embedded Postgres: `bun embedded_postgres_child.ts <data dir> <mode>`.
 * Opens it, writes a row, and says `ready <port> <reused>`. Then, by mode: `stop` stops it when standard input ends,
 * `exit` and `throw` end without, `hang` waits to be killed.
 */
async function main(): Promise<void> {
  const [dataDir = "", mode = ""] = process.argv.slice(2);
  const server = await openEmbeddedPostgres({ dataDir, log: (line) => say(`log ${line}`) });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql`create table if not exists written (by_process int)`;
  await sql`insert into written values (${process.pid})`;
  await sql.end();
  say(`ready ${server.port} ${server.reused}`);
  if (mode === "throw") setTimeout(fail);
  if (mode === "exit") process.exit(0);
  for await (const _ of process.stdin.resume());
  if (mode === "stop") await server.stop();
  else await new Promise(() => {});
}

function fail(): never {
  throw new Error("a bug somewhere");
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

// Not awaited: Bun lives on after an uncaught error while its main module still waits at its top level.
main().catch((error: unknown) => say(`failed ${error instanceof Error ? error.message : error}`));
