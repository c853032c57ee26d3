import { type Repository, type Rule, resolve } from "./repository.ts";
import type { Source } from "./source.ts";

const linesMax = 300;

/** Files nobody imports because they are where something starts, or are read by their name. */
const entries = [
  /^shards\/(main\.ts|install\.mjs)$/,
  /^tests\/.*\.test\.ts$/,
  /^tests\/.*\b(main|run)\.ts$/,
  /^bench\/[^/]+\.ts$/,
  /\.(sql|md|json|csv|svg|txt)$/,
];

/** The top level is part of the design; `later` may still be missing. */
const topLevel = {
  folders: ["src", "actors", "shards", "tests"],
  files: ["bunfig.toml", "package.json", "tsconfig.json", "README.md"],
  tools: [".ci", ".github", ".gitignore", "LICENSE", "biome.json", "package-lock.json"],
  later: ["bench", "docker-compose.yml"],
};

const vague = /^(utils?|helpers?|common|managers?|misc|shared|index)$/;

const size: Rule = {
  name: `no file is longer than ${linesMax} lines`,
  check: ({ sources }) =>
    sources
      .filter(({ path }) => path.endsWith(".ts"))
      .map(({ path, text }) => ({ path, lines: text.replace(/\n$/, "").split("\n").length }))
      .filter(({ lines }) => lines > linesMax)
      .map(({ path, lines }) => `${path}: ${lines} lines`),
};

const names: Rule = {
  name: "names say what is inside",
  check: ({ sources }) =>
    sources
      .filter(
        ({ path, code }) =>
          code !== "" && path.split("/").some((part) => vague.test(part.replace(/\..*$/, ""))),
      )
      .map(({ path }) => `${path}: says nothing about what is inside`),
};

const dead: Rule = {
  name: "no file is dead",
  check: ({ sources }) => {
    const inside = sources.filter(({ path }) => path.includes("/"));
    const alive = reachable(new Map(inside.map((source) => [source.path, source])));
    return inside.filter(({ path }) => !alive.has(path)).map(({ path }) => `${path}: nothing leads to it`);
  },
};

const top: Rule = {
  name: "the top level is fixed",
  check: (repository) => {
    const { folders, files, tools, later } = topLevel;
    const needed = [...folders, ...files, ...tools];
    const known = [...needed, ...later];
    const strange = repository.topLevel.filter((name) => !known.includes(name));
    const missing = needed.filter((name) => !repository.topLevel.includes(name));
    return [
      ...strange.map((name) => `${name}: does not belong at the top level`),
      ...missing.map((name) => `${name}: is missing at the top level`),
    ];
  },
};

const lockfile: Rule = {
  name: "the lockfile names no host",
  check: (repository) => {
    const text = textOf(repository, "package-lock.json");
    const lines = text.split("\n").map((line, index) => ({ line, number: index + 1 }));
    return lines
      .filter(({ line }) => line.includes('"resolved"'))
      .map(({ number }) => `package-lock.json:${number}: install with omit-lockfile-registry-resolved`);
  },
};

const silence: Rule = {
  name: "installing reports to nobody",
  check: (repository) => {
    const { scarfSettings } = JSON.parse(textOf(repository, "package.json"));
    return scarfSettings?.enabled === false ? [] : ["package.json: scarfSettings.enabled must be false"];
  },
};

export const shapeRules: readonly Rule[] = [size, names, dead, top, lockfile, silence];

/** What the entries lead to: by imports, or by the name of a file beside them, as workers and children are started. */
function reachable(sources: ReadonlyMap<string, Source>): Set<string> {
  const alive = new Set<string>();
  const open = [...sources.keys()].filter((path) => entries.some((entry) => entry.test(path)));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (alive.has(path)) continue;
    alive.add(path);
    const named = sources.get(path)?.literals ?? [];
    for (const target of named.map((literal) => resolve(path, literal))) {
      if (sources.has(target)) open.push(target);
    }
  }
  return alive;
}

function textOf(repository: Repository, path: string): string {
  return repository.sources.find((source) => source.path === path)?.text ?? "{}";
}
