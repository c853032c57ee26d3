import { type Environment, readConfig } from "../../src/config.ts";
import { limits } from "../../src/limits.ts";
import { type AuditReport, breachLine } from "../ledger_auditor.ts";
import { openCacheServer, openDatabase, openEventLog, openRemoteLedger, wireAuditor } from "../wiring.ts";

/** More would bury the first, which often explains the others. */
const BREACHES_TOLD = 20;

type Out = (text: string) => void;

/** `migrate`: brings the database to this version and stops. Answers the exit code. */
export async function migrateOnly(env: Environment, out: Out): Promise<number> {
  const database = await openDatabase(readConfig(env), (line) => out(`${line}\n`));
  const { migrated } = database;
  out(migrated.length === 0 ? "The database is up to date.\n" : `Applied ${migrated.join(", ")}.\n`);
  await database.close();
  return 0;
}

/** `doctor`: tries everything a start needs and says what to do about what fails. Answers the exit code. */
export async function doctor(env: Environment, out: Out): Promise<number> {
  const checks: [string, () => Promise<string>][] = [
    ["configuration", async () => `data in ${readConfig(env).dataDir}`],
    ["event log", async () => checkLog(env)],
    ["database", async () => checkDatabase(env)],
    ["cache", async () => checkCache(env)],
    ["ledger", async () => checkLedger(env)],
  ];
  let failed = 0;
  for (const [name, check] of checks) {
    try {
      out(`ok    ${name.padEnd(14)} ${await check()}\n`);
    } catch (error) {
      failed++;
      out(`FAIL  ${name.padEnd(14)} ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return failed === 0 ? 0 : 1;
}

async function checkLog(env: Environment): Promise<string> {
  const config = readConfig(env);
  const log = await openEventLog(config, () => {}, limits.eventLogAnswerMsMax);
  await log.close();
  return config.kafkaBrokers === null
    ? "opens, and no other process has it"
    : `answers at ${config.kafkaBrokers.join(", ")}, with its topics in place`;
}

async function checkDatabase(env: Environment): Promise<string> {
  const config = readConfig(env);
  const database = await openDatabase(config, () => {});
  await database.close();
  return config.databaseUrl === null
    ? "embedded Postgres starts and is up to date"
    : "answers and is up to date";
}

/** Nothing needs it, but one that is named should answer. */
async function checkCache(env: Environment): Promise<string> {
  const server = await openCacheServer(readConfig(env).redisUrl, () => {});
  try {
    return await server.describe();
  } finally {
    server.close();
  }
}

/** Audits all of it: every identity of every ledger, customers rebuilt from what is stored. */
async function checkLedger(env: Environment): Promise<string> {
  const config = readConfig(env);
  const closers: (() => Promise<void>)[] = [];
  try {
    const database = await openDatabase(config, () => {});
    closers.push(() => database.close());
    const remote = await openRemoteLedger(config);
    if (remote !== null) {
      closers.push(() => remote.close());
      await remote.ledger.ping();
    }
    const { auditor, close } = await wireAuditor(database, remote?.ledger ?? null);
    closers.push(close);
    return told(await auditor.all());
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

function told({ ledgers, customers, breaches, unsettled }: AuditReport): string {
  if (breaches.length > 0) {
    const lines = breaches.slice(0, BREACHES_TOLD).map((breach) => `\n      ${breachLine(breach)}`);
    throw new Error(`${breaches.length} identities do not hold:${lines.join("")}`);
  }
  const rest = unsettled.length === 0 ? "" : `, ${unsettled.length} were busy and not looked at`;
  return `${ledgers} ledgers and ${customers} customers audited${rest}: every identity holds`;
}
