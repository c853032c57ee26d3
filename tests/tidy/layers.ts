import { type Repository, type Rule, resolve } from "./repository.ts";
import type { Import, Source } from "./source.ts";

interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** The layers it may import from. */
  readonly layers: readonly string[];
  /** The packages it may import, with all that is below them; `node:` stands for all of Node's. */
  readonly packages: readonly string[] | "any";
  /** Names to which a package is narrowed. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly typesOnly?: true;
}

const domain = ["domain"];
/** All that ships, except what only the wiring may name. */
const everyday = ["domain", "ports", "services", "actors", "shards", "http", "wiring"];

/** Who may import what. A file belongs to the first layer that matches it. */
const layers: readonly Layer[] = [
  {
    name: "adapters",
    files: /^src\/adapters\//,
    layers: ["domain", "ports", "services", "adapters"],
    packages: "any",
  },
  {
    name: "ports",
    files: /^src\/ports\//,
    layers: ["domain", "ports", "services"],
    packages: [],
    typesOnly: true,
  },
  {
    name: "services",
    files: /^src\/(auth|payments|tax|orchestration|notifications|portal|admin)\//,
    layers: ["domain", "ports", "services"],
    packages: ["@sinclair/typebox", "node:"],
  },
  {
    name: "domain",
    files: /^src\//,
    layers: domain,
    // jsep only parses: the expressions of metrics are evaluated by the domain itself, exactly.
    packages: ["@sinclair/typebox", "jsep", "node:crypto"],
    names: { "node:crypto": ["hash"] },
  },
  { name: "actors", files: /^actors\//, layers: ["domain", "actors"], packages: ["@sinclair/typebox"] },
  {
    name: "wiring",
    files: /^shards\/(wiring|engines|ground)\.ts$/,
    layers: [...everyday, "adapters"],
    packages: ["node:", "bun"],
  },
  {
    name: "http",
    files: /^shards\/http\//,
    layers: everyday,
    packages: ["@sinclair/typebox", "elysia", "node:", "bun"],
  },
  { name: "shards", files: /^shards\//, layers: everyday, packages: ["@sinclair/typebox", "node:", "bun"] },
  { name: "bench", files: /^bench\//, layers: [...everyday, "adapters", "bench"], packages: "any" },
  { name: "tests", files: /^tests\//, layers: [...everyday, "adapters", "bench", "tests"], packages: "any" },
];

/** The order inside the domain: a folder or file imports from its own row and from those above. */
const rows: readonly (readonly string[])[] = [
  ["errors", "ids", "limits", "config", "partitioning", "text"],
  ["money", "time"],
  ["scalar", "filter", "rate_limits"],
  ["metering", "pricing"],
  ["catalog"],
  ["subscriptions", "credits", "spend"],
  ["invoicing"],
  ["ledger"],
];
/** An id carries the instant it was made at. */
const upward = ["ids -> time"];
/** A price receives a quantity and does not ask where it comes from. */
const forbidden = ["pricing -> metering"];

/** The layer a file is in, or null outside the five folders. */
export function layerOf(path: string): string | null {
  return layers.find((layer) => layer.files.test(path))?.name ?? null;
}

const arrow: Rule = {
  name: "imports point one way",
  check: eachLocalImport((_source, target, layer) => {
    const other = layerOf(target);
    if (other === null || layer.layers.includes(other)) return null;
    return `${layer.name} must not import ${other} (${target})`;
  }),
};

const order: Rule = {
  name: "the domain is imported in order",
  check: eachLocalImport((source, target, layer) => {
    if (layer.name !== "domain" || layerOf(target) !== "domain") return null;
    const [from, to] = [unitOf(source.path), unitOf(target)];
    const [row, other] = [rowOf(from), rowOf(to)];
    if (row < 0 || other < 0) return `${row < 0 ? from : to} stands in no row of the domain's order`;
    const step = `${from} -> ${to}`;
    if (other > row ? upward.includes(step) : !forbidden.includes(step)) return null;
    return `${from} must not import ${to}`;
  }),
};

const typesOnly: Rule = {
  name: "ports import types only",
  check: eachLocalImport((_source, target, layer, imported) =>
    layer.typesOnly && !imported.typeOnly ? `${target} is imported for more than its types` : null,
  ),
};

const apart: Rule = {
  name: "adapters do not know each other",
  check: eachLocalImport((source, target, layer) => {
    if (layer.name !== "adapters" || layerOf(target) !== "adapters") return null;
    const technology = (path: string) => path.split("/")[2];
    return technology(source.path) === technology(target) ? null : `reaches into ${target}`;
  }),
};

const packages: Rule = {
  name: "packages stay where they belong",
  check: eachImport((_source, imported, layer) => {
    const { specifier } = imported;
    if (specifier.startsWith(".") || layer.packages === "any") return null;
    const home = layer.packages.find((name) => isBelow(specifier, name));
    if (home === undefined) return `${layer.name} must not import ${specifier}`;
    const strange = imported.names.filter((name) => !(layer.names?.[home]?.includes(name) ?? true));
    return strange.length === 0 ? null : `${layer.name} must not import ${strange} from ${specifier}`;
  }),
};

const declared: Rule = {
  name: "packages are declared",
  check: (repository) => {
    const manifest = JSON.parse(repository.sources.find(({ path }) => path === "package.json")?.text ?? "{}");
    const shipped = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const all = [...shipped, ...Object.keys(manifest.devDependencies ?? {})];
    const offences = eachImport((_source, { specifier }, layer) => {
      if (/^(\.|node:|bun$|bun:)/.test(specifier)) return null;
      const known = layer.name === "tests" || layer.name === "bench" ? all : shipped;
      return known.some((name) => isBelow(specifier, name)) ? null : `${specifier} is no dependency`;
    });
    return offences(repository);
  },
};

export const layerRules: readonly Rule[] = [arrow, order, typesOnly, apart, packages, declared];

function isBelow(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(name.endsWith(":") ? name : `${name}/`);
}

function unitOf(path: string): string {
  return path.split("/")[1]?.replace(/\.ts$/, "") ?? "";
}

function rowOf(unit: string): number {
  return rows.findIndex((row) => row.includes(unit));
}

type ImportCheck = (source: Source, imported: Import, layer: Layer) => string | null;

function eachImport(check: ImportCheck): (repository: Repository) => string[] {
  return ({ sources }) =>
    sources.flatMap((source) => {
      const layer = layers.find(({ files }) => files.test(source.path));
      if (layer === undefined) return [];
      return source.imports.flatMap((imported) => {
        const offence = check(source, imported, layer);
        return offence === null ? [] : [`${source.path}:${imported.line}: ${offence}`];
      });
    });
}

type LocalCheck = (source: Source, target: string, layer: Layer, imported: Import) => string | null;

function eachLocalImport(check: LocalCheck): (repository: Repository) => string[] {
  return eachImport((source, imported, layer) =>
    imported.specifier.startsWith(".")
      ? check(source, resolve(source.path, imported.specifier), layer, imported)
      : null,
  );
}
