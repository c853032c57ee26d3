import { readFileSync, statSync } from "node:fs";
import { BillingError } from "../../../errors.ts";
import { run } from "./command.ts";

/** The user of the operating system that Postgres runs under. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who Postgres runs as: null for ourselves. It refuses to run as root, so root lends it to the owner of an existing
 * database, and to `nobody` for a new one. Throws DEP_001 where that cannot be.
 *
 * @param folder of an existing database, null when there is none yet
 */
export function chooseAccount(folder: string | null): Account | null {
  const own = process.getuid?.() ?? null;
  const owner = folder === null ? null : statSync(folder);
  if (own !== 0) {
    if (own === null || owner === null || owner.uid === own) return null;
    throw new BillingError(
      "DEP_001",
      `The database in ${folder} belongs to user ${owner.uid}: start as that user or as root, or set DATABASE_URL`,
    );
  }
  if (Bun.which("setpriv") === null) throw rootCannot("`setpriv` is missing");
  if (owner === null || owner.uid === 0) return nobody();
  return { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid };
}

/** The command line that runs `command` as the account, with none of root's groups and privileges. */
export function commandAs(account: Account | null, command: readonly string[]): string[] {
  if (account === null) return [...command];
  const setpriv = Bun.which("setpriv") ?? "setpriv";
  return [setpriv, `--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", "--", ...command];
}

/** Whether the account can come to a folder: tried, since modes alone do not tell (access lists, mounts). */
export async function canReach(account: Account | null, folder: string): Promise<boolean> {
  if (account === null) return true;
  return (await run(commandAs(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]))).ok;
}

/** Looked up, since initdb wants a user that is listed. */
function nobody(): Account {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === "nobody") return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw rootCannot("there is no user `nobody`");
}

function rootCannot(reason: string): BillingError {
  return new BillingError(
    "DEP_001",
    `Postgres does not run as root, and ${reason}: start as an ordinary user or set DATABASE_URL`,
  );
}
