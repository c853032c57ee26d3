export type Files = Readonly<Record<string, string>>;

/** The top level as it must be. */
const house: Files = {
  ...{
    "src/a.ts": "",
    "actors/a.ts": "",
    "shards/a.ts": "",
    "tests/a.ts": "",
    ".ci/run": "",
    ".github/a.md": "",
  },
  ...{
    "bunfig.toml": "",
    "package.json": "",
    "tsconfig.json": "",
    "package-lock.json": "",
    "biome.json": "",
  },
  ...{ "README.md": "", LICENSE: "", ".gitignore": "" },
};

/** For each rule, one-file repositories that break it and ones that come close without breaking it. */
export const cases: Readonly<Record<string, { caught: readonly Files[]; allowed: readonly Files[] }>> = {
  "imports point one way": {
    caught: [
      { "src/money/money.ts": `import { decide } from "../../actors/actor.ts";` },
      { "src/money/money.ts": `import type { Shard } from "../../shards/shard.ts";` },
      { "actors/actor.ts": `export * from "../shards/shard.ts";` },
      { "actors/actor.ts": `import type {\n  Clock,\n} from "../src/ports/clock.ts";` },
      { "actors/actor.ts": `import { pool } from "../src/adapters/postgres/pool.ts";` },
      { "src/auth/sessions.ts": `import { tokens } from "../adapters/jose/tokens.ts";` },
      { "src/ports/clock.ts": `import type { Systems } from "../adapters/system/clock.ts";` },
      { "shards/shard.ts": `const { pool } = await import("../src/adapters/postgres/pool.ts");` },
      { "shards/shard.ts": `new Worker(new URL("../src/adapters/sqlite/log_worker.ts", import.meta.url));` },
      { "shards/shard.ts": `import "../tests/postgres.ts";` },
    ],
    allowed: [
      { "shards/wiring.ts": `import { pool } from "../src/adapters/postgres/pool.ts";` },
      { "tests/pool.test.ts": `import { pool } from "../src/adapters/postgres/pool.ts";` },
      { "actors/actor.ts": `// as in: import { x } from "../shards/shard.ts";` },
      { "actors/actor.ts": 'const text = `import { x } from "../shards/shard.ts"`;' },
    ],
  },
  "the domain is imported in order": {
    caught: [
      { "src/money/money.ts": `import type { Price } from "../pricing/price.ts";` },
      { "src/errors.ts": `import { ZERO } from "./money/decimal.ts";` },
      { "src/pricing/rate.ts": `import type { Metric } from "../metering/metric.ts";` },
      { "src/brand_new/thing.ts": `import { assert } from "../errors.ts";` },
    ],
    allowed: [
      { "src/ids.ts": `import type { Instant } from "./time/instant.ts";` },
      { "src/invoicing/invoice.ts": `import { rate } from "../pricing/rate.ts";` },
    ],
  },
  "ports import types only": {
    caught: [
      { "src/ports/clock.ts": `import { parseInstant } from "../time/instant.ts";` },
      { "src/ports/clock.ts": `import { type Instant, parseInstant } from "../time/instant.ts";` },
    ],
    allowed: [
      { "src/ports/clock.ts": `import type { Instant } from "../time/instant.ts";` },
      { "src/ports/clock.ts": `import { type Instant, type Period } from "../time/instant.ts";` },
    ],
  },
  "adapters do not know each other": {
    caught: [{ "src/adapters/memory/cache.ts": `import { pool } from "../postgres/pool.ts";` }],
    allowed: [{ "src/adapters/postgres/embedded/start.ts": `import { pool } from "../pool.ts";` }],
  },
  "packages stay where they belong": {
    caught: [
      { "src/money/money.ts": `import Big from "big.js";` },
      { "src/ids.ts": `import { hash, randomUUID } from "node:crypto";` },
      { "actors/actor.ts": `import { hash } from "node:crypto";` },
      { "src/ports/clock.ts": `import type { Sql } from "postgres";` },
      { "shards/shard.ts": `import { Elysia } from "elysia";` },
      { "shards/shard.ts": `import { Database } from "bun:sqlite";` },
    ],
    allowed: [
      { "src/ids.ts": `import { hash } from "node:crypto";` },
      { "src/metering/metric.ts": `import { TypeCompiler } from "@sinclair/typebox/compiler";` },
      { "shards/http/server.ts": `import { Elysia } from "elysia";` },
      { "src/adapters/sqlite/log_file.ts": `import { Database } from "bun:sqlite";` },
      { "src/ports/documents.ts": 'const query = `select * from "postgres"`;' },
    ],
  },
  "packages are declared": {
    caught: [
      { "src/adapters/a/b.ts": `import postgres from "postgres";`, "package.json": `{ "dependencies": {} }` },
      {
        "shards/a.ts": `import fc from "fast-check";`,
        "package.json": `{ "devDependencies": { "fast-check": "1" } }`,
      },
    ],
    allowed: [
      {
        "tests/a.ts": `import fc from "fast-check";`,
        "package.json": `{ "devDependencies": { "fast-check": "1" } }`,
      },
      {
        "src/adapters/a/b.ts": `import { x } from "y/z";`,
        "package.json": `{ "dependencies": { "y": "1" } }`,
      },
    ],
  },
  "the domain and the actors do not wait": {
    caught: [
      { "actors/actor.ts": "export async function decide() {}" },
      { "src/money/money.ts": "const rate = await load();" },
      { "src/money/money.ts": "const text = `${await load()}`;" },
    ],
    allowed: [
      { "shards/shard.ts": "await commit();" },
      { "actors/actor.ts": "// nobody must await this\nconst text = 'async';" },
    ],
  },
  "the domain and the actors read no clock and draw no lots": {
    caught: [
      { "actors/actor.ts": "const now = Date.now();" },
      { "src/time/instant.ts": "const now = new Date(at);" },
      { "src/ids.ts": "const bits = Math.random();" },
      { "src/ids.ts": "const id = crypto.randomUUID();" },
    ],
    allowed: [{ "src/adapters/system/clock.ts": "export const now = () => Date.now();" }],
  },
  "the domain and the actors reach for nothing outside": {
    caught: [
      { "src/config.ts": "const port = process.env.PORT;" },
      { "src/config.ts": "const port = Bun.env.PORT;" },
      { "actors/actor.ts": `fetch("https://example.com");` },
      { "actors/actor.ts": `console.log("here");` },
    ],
    allowed: [{ "actors/actor.ts": "history.fetch(1);" }],
  },
  "only the clock reads the clock": {
    caught: [
      { "shards/alarms.ts": "const now = Date.now();" },
      { "src/auth/sessions.ts": "const now = new Date();" },
    ],
    allowed: [
      { "shards/alarms.ts": "const now = clock.now();" },
      { "shards/cli/demo.ts": "const now = Date.now();" },
    ],
  },
  "one file knows the calendar": {
    caught: [{ "shards/alarms.ts": "const now = Temporal.Instant.from(text);" }],
    allowed: [{ "src/time/calendar.ts": "const now = Temporal.Instant.from(text);" }],
  },
  "the environment is read in one place": {
    caught: [
      { "shards/http/server.ts": "const port = process.env.BILLAI_PORT;" },
      { "src/adapters/postgres/pool.ts": "const url = Bun.env.DATABASE_URL;" },
    ],
    allowed: [{ "shards/main.ts": "const config = readConfig(process.env);" }],
  },
  "amounts are never floats": {
    caught: [
      { "src/pricing/rate.ts": "const amount = parseFloat(text);" },
      { "actors/actor.ts": "total.toFixed(2);" },
    ],
    allowed: [{ "bench/report.ts": "const seconds = elapsed.toFixed(1);" }],
  },
  "only commands print": {
    caught: [
      { "shards/shard.ts": `console.log("here");` },
      { "src/adapters/a/b.ts": "console.error(error);" },
    ],
    allowed: [{ "shards/cli/import.ts": `console.log("done");` }, { "tests/a.ts": `console.log("seed");` }],
  },
  "nothing is of every type": {
    caught: [
      { "src/a.ts": "export function read(x: any) {}" },
      { "tests/a.ts": "const rows = load() as any[];" },
      { "shards/a.ts": "const map = new Map<string, any>();" },
    ],
    allowed: [
      { "src/a.ts": "// in any order\nconst first = Promise.any(all);\nconst flags = { any: true };" },
    ],
  },
  "nothing is left unfinished": {
    caught: [{ "src/a.ts": `// ${"TO"}DO: round` }, { "src/adapters/postgres/a.sql": `-- ${"FIX"}ME` }],
    allowed: [{ "src/a.ts": "const todos = [];" }],
  },
  "no file is longer than 300 lines": {
    caught: [{ "tests/long.test.ts": "x;\n".repeat(301) }],
    allowed: [{ "tests/long.test.ts": "x;\n".repeat(300) }],
  },
  "names say what is inside": {
    caught: [{ "src/money/utils.ts": "x;" }, { "shards/common/inbox.ts": "x;" }],
    allowed: [{ "src/pricing/common_fields.ts": "x;" }],
  },
  "no file is dead": {
    caught: [
      { "src/a.ts": `import "./a.ts";` },
      { "shards/install.mjs": "", "tests/child.ts": `spawn("child.ts");` },
      { "shards/main.ts": `// import "./a.ts";`, "shards/a.ts": "" },
    ],
    allowed: [
      {
        "shards/main.ts": `import "../src/a.ts";`,
        "src/a.ts": `import type { B } from "./b.ts";`,
        "src/b.ts": "",
      },
      { "tests/a.test.ts": `spawn(join(import.meta.dir, "child.ts"));`, "tests/child.ts": "" },
      { "src/adapters/postgres/0001.sql": "" },
    ],
  },
  "the top level is fixed": {
    caught: [{ ...house, "notes.txt": "" }, { ...house, "lib/a.ts": "" }, withoutReadme()],
    allowed: [house, { ...house, "docker-compose.yml": "" }],
  },
  "the lockfile names no host": {
    caught: [{ "package-lock.json": `{\n"resolved": "https://registry.example/a.tgz"\n}` }],
    allowed: [
      { "package-lock.json": `{ "integrity": "sha512-x", "funding": { "url": "https://example.com" } }` },
    ],
  },
  "installing reports to nobody": {
    caught: [{ "package.json": "{}" }, { "package.json": `{ "scarfSettings": { "enabled": true } }` }],
    allowed: [{ "package.json": `{ "scarfSettings": { "enabled": false } }` }],
  },
};

function withoutReadme(): Files {
  const { "README.md": _readme, ...rest } = house;
  return rest;
}
