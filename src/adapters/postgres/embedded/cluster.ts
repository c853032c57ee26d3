import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { BillingError } from "../../../errors.ts";
import { type Account, commandAs } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { run } from "./command.ts";
import { syncFolder, writeSecret } from "./durable.ts";

/** The superuser, and the database it works in. */
export const superuser = "billai";
export const database = "postgres";

/**
 * Makes a folder with an empty database, `cluster`, and the superuser's random `password`.
 * Throws DEP_001 with what initdb said.
 */
export async function createCluster(options: {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly account: Account | null;
}): Promise<void> {
  const { folder, binaries, account } = options;
  const password = join(folder, "password");
  mkdirSync(folder, { mode: 0o700 });
  writeSecret(password, `${randomBytes(32).toString("hex")}\n`); // hex: goes into a URL as it is
  if (account !== null) for (const path of [password, folder]) chownSync(path, account.uid, account.gid);
  const made = await run(
    commandAs(account, [
      binaries.initdb,
      `--pgdata=${join(folder, "cluster")}`,
      `--username=${superuser}`,
      `--pwfile=${password}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--data-checksums",
      "--no-instructions",
    ]),
  );
  if (!made.ok)
    throw new BillingError("DEP_001", `Postgres could not make a database in ${folder}: ${made.output}`);
  syncFolder(folder);
}
