import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newUser } from "../../src/auth/new_user.ts";
import { normalizeEmail } from "../../src/auth/sessions.ts";
import type { Config } from "../../src/config.ts";
import { limits } from "../../src/limits.ts";
import type { Running } from "../serve.ts";

export interface FirstStart {
  readonly config: Config;
  readonly running: Running;
  /** True where the demo was asked for by command. */
  readonly demo: boolean;
  readonly out: (text: string) => void;
  /** True on a terminal, which can show progress in place. */
  readonly interactive: boolean;
}

interface Admin {
  readonly email: string;
  readonly password: string;
}

/**
 * What a first start does beside serving: makes the company and its admin, prints the login once, and seeds the
 * demo. A demo cut short is taken up again at the next start.
 */
export async function firstStart(start: FirstStart): Promise<void> {
  const { config, running, out } = start;
  const [company] = await running.services.companyStore.list({ limit: 1, after: null });
  const marker = join(config.dataDir, "demo");
  const begun = existsSync(marker) ? (await readFile(marker, "utf8")).trim() : null;
  const seed = start.demo || begun === "begun" || (company === undefined && config.demo !== false);
  const admin = company === undefined ? await makeAdmin(running, config, seed) : null;
  if (admin !== null) printLogin(out, admin);
  if (!seed || begun === "done") return;
  await writeFile(marker, "begun\n");
  const { runDemo } = await import("./demo/run_demo.ts");
  await runDemo({
    url: running.servers.url,
    token: await adminToken(running),
    login: admin,
    out,
    interactive: start.interactive,
  });
  await writeFile(marker, "done\n");
}

async function makeAdmin(running: Running, config: Config, demo: boolean): Promise<Admin> {
  const { services, auth } = running;
  const now = services.clock.now();
  const email = normalizeEmail(config.admin.email ?? "admin@example.com");
  const password = config.admin.password ?? Buffer.from(auth.random(15)).toString("base64url");
  const companyId = services.ids.next("co");
  const name = demo ? "Atlas AI (demo)" : "My company";
  const owner = await newUser(
    { id: services.ids.next("user"), companyId, email, name: null, role: "owner", operator: true, password },
    auth.passwords,
    now,
  );
  const company = { id: companyId, name, settings: {}, catalog_version: 1, created_at: now, updated_at: now };
  await services.companyStore.create(company, null, owner);
  return { email, password };
}

/** An access token for the first company's first admin, who runs the demo. */
async function adminToken(running: Running): Promise<string> {
  const { services, auth } = running;
  const [company] = await services.companyStore.list({ limit: 1, after: null });
  const page = { limit: limits.pageRowsMax, after: null, filters: { role: "owner" }, created: {} };
  const owner = (await auth.users.listUsers(company?.id ?? "", page)).at(-1);
  if (owner === undefined) throw new Error("the first company has no owner");
  return (await auth.sessions.open(owner, services.clock.now())).access_token;
}

function printLogin(out: FirstStart["out"], { email, password }: Admin): void {
  out(
    `\nThe first admin; only a hash of the password is kept, so note it down:\n  e-mail    ${email}\n  password  ${password}\n\n`,
  );
}
