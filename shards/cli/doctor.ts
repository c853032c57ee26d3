import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Config, type Environment, readConfig } from "../../src/config.ts";
import { limits } from "../../src/limits.ts";
import { type Finding, fine, type Probe, wanting } from "../../src/ports/probe.ts";
import { probesOf } from "../engines.ts";
import { alone, openDatabase } from "../ground.ts";
import { auditLedger } from "./audit.ts";

type Out = (text: string) => void;

const gibibyte = 1024 ** 3;

/** `migrate`: brings the database to this version and stops. Answers the exit code. */
export async function migrateOnly(env: Environment, out: Out): Promise<number> {
  const database = await openDatabase(readConfig(env), (line) => out(`${line}\n`), alone, 0);
  const { migrated } = database;
  out(migrated.length === 0 ? "The database is up to date.\n" : `Applied ${migrated.join(", ")}.\n`);
  await database.close();
  return 0;
}

/**
 * `doctor`: looks at everything BillAI stands on, whether it runs or not, and says what to do about what it finds.
 * The database's schema is left as it is. Answers the exit code: 1 where something cannot be relied on.
 */
export async function doctor(env: Environment, out: Out): Promise<number> {
  const config = await examine("configuration", out, async () => {
    const read = readConfig(env);
    return { findings: [fine(`data in ${resolve(read.dataDir)}`)], value: read };
  });
  if (config === null) return 1;
  const checks: { readonly name: string; readonly probe: Probe }[] = [
    { name: "data directory", probe: () => probeDataDirectory(config) },
    ...probesOf(config),
    { name: "ledger", probe: () => auditLedger(config) },
  ];
  let healthy = true;
  for (const { name, probe } of checks) {
    const sound = await examine(name, out, async () => {
      const findings = await probe();
      return { findings, value: findings.every(({ state }) => state !== "fail") };
    });
    healthy &&= sound === true;
  }
  return healthy ? 0 : 1;
}

/** Prints what a look found. @returns its value; null where it failed */
async function examine<T>(
  name: string,
  out: Out,
  look: () => Promise<{ findings: readonly Finding[]; value: T }>,
): Promise<T | null> {
  const print = ({ state, text, advice }: Finding) => {
    out(`${(state === "fail" ? "FAIL" : state).padEnd(6)}${name.padEnd(16)}${text}\n`);
    if (advice !== null) out(`${" ".repeat(22)}${advice}\n`);
  };
  try {
    const { findings, value } = await look();
    for (const finding of findings) print(finding);
    return value;
  } catch (error) {
    print({ state: "fail", text: error instanceof Error ? error.message : String(error), advice: null });
    return null;
  }
}

/** Whether one can write there, and how much. */
async function probeDataDirectory({ dataDir }: Config): Promise<readonly Finding[]> {
  const home = resolve(dataDir);
  try {
    await mkdir(home, { recursive: true });
    const file = join(home, `.doctor-${process.pid}`);
    await writeFile(file, "");
    await rm(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      wanting("fail", `cannot be written to: ${reason}`, "Make it the user's, or set BILLAI_DATA_DIR."),
    ];
  }
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const text = `${(free / gibibyte).toFixed(1)} GiB free`;
  const advice = "Make room, or move the directory and set BILLAI_DATA_DIR.";
  if (free < limits.diskFreeBytesMin) return [wanting("fail", text, advice)];
  if (free < limits.diskFreeBytesLow) return [wanting("warn", text, advice)];
  return [fine(text)];
}
