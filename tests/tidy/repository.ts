import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSource, type Source } from "./source.ts";

/** What the rules look at. */
export interface Repository {
  readonly sources: readonly Source[];
  /** The names at the top level that git would keep. */
  readonly topLevel: readonly string[];
}

/** A house rule: `check` answers one line per offence, beginning with the file. */
export interface Rule {
  readonly name: string;
  check(repository: Repository): readonly string[];
}

const folders = ["src", "actors", "shards", "bench", "tests"];
const single = ["package.json", "package-lock.json"];

/** Reads the working tree, with what is not committed yet. */
export function readRepository(root: string): Repository {
  const glob = new Bun.Glob(`{${folders.join(",")}}/**/*`);
  const paths = [...glob.scanSync({ cwd: root, dot: true }), ...single].sort();
  const texts = paths.map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  const ignored = readFileSync(join(root, ".gitignore"), "utf8").split("\n");
  const isKept = (name: string) =>
    name !== ".git" && !ignored.some((line) => new Bun.Glob(line.replace(/^\/|\/$/g, "")).match(name));
  return repositoryOf(Object.fromEntries(texts), readdirSync(root).filter(isKept).sort());
}

/** A repository of the given files, by path; unless told, its top level is what they lie in. */
export function repositoryOf(
  texts: Readonly<Record<string, string>>,
  topLevel: readonly string[] = Object.keys(texts).map((path) => path.replace(/\/.*$/, "")),
): Repository {
  return { sources: Object.entries(texts).map(([path, text]) => readSource(path, text)), topLevel };
}

/** The path a relative specifier names, seen from the file at `from`. */
export function resolve(from: string, specifier: string): string {
  return join(from, "..", specifier);
}
