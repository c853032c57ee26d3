import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Goal, type Plot, type Result, type Row, resultsFolder } from "./harness.ts";
import { shown } from "./statistics.ts";
import { markdownTable } from "./table.ts";

/** Writes RESULTS.md, and its drawings, from whatever the benches have left, however long ago. */
export async function writeReport(): Promise<void> {
  const results = await readResults();
  for (const result of results)
    for (const [i, plot] of result.plots.entries())
      await Bun.write(drawingOf(result, i), drawn(plot, result.rows));
  await Bun.write(
    join(import.meta.dir, "RESULTS.md"),
    `# Results\n\nMade by \`npm run bench\`; ratios are of measurements in the same run. Medians, and the extremes of the rounds.\n\n${results.map(section).join("\n")}`,
  );
}

async function readResults(): Promise<Result[]> {
  const files = existsSync(resultsFolder)
    ? readdirSync(resultsFolder).filter((name) => name.endsWith(".json"))
    : [];
  return Promise.all(
    files.toSorted().map((name) => Bun.file(join(resultsFolder, name)).json() as Promise<Result>),
  );
}

function drawingOf({ name }: Result, i: number): string {
  return join(resultsFolder, i === 0 ? `${name}.svg` : `${name}_${i + 1}.svg`);
}

function section(result: Result): string {
  const { machine } = result;
  const plots = result.plots.map(
    (plot, i) => `![${plot.title}](results/${drawingOf(result, i).split("/").at(-1)})\n`,
  );
  const rows = result.rows.map(({ name, unit, median, min, max, values }) => [
    name,
    shown(median),
    `${shown(min)}–${shown(max)}`,
    unit,
    `${values.length}`,
  ]);
  const lines = [
    `## ${result.name}\n`,
    `${result.question}\n`,
    `${markdownTable(["goal", "bound", "median", "min–max", "met"], result.goals.map(goalCells))}\n`,
    `${markdownTable(["measured", "median", "min–max", "unit", "rounds"], rows)}\n`,
    ...plots,
    ...result.notes.map((note) => `- ${note}`),
    `- ${result.at.slice(0, 10)}, ${result.seconds} s, on ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, ${machine.system}, Bun ${machine.bun}; fdatasync ${machine.fdatasyncMs} ms, load ${machine.load}, noise ${machine.noise}.\n`,
  ];
  return lines.join("\n");
}

function goalCells({ text, bound, value, met, note }: Goal): string[] {
  const spread =
    value === null ? ["–", ""] : [shown(value.median), `${shown(value.min)}–${shown(value.max)}`];
  return [text, bound, ...spread, met === null ? `not measured: ${note}` : met ? "yes" : "**no**"];
}

const [width, barHeight, labelWidth] = [760, 22, 300];

/** Bars with their extremes, as an SVG. */
function drawn({ title, rows: names }: Plot, rows: readonly Row[]): string {
  const found = names.flatMap((name) => rows.find((row) => row.name === name) ?? []);
  const most = Math.max(...found.map(({ max }) => max));
  const x = (value: number): number => labelWidth + (value / most) * (width - labelWidth - 90);
  const bars = found.map(({ name, unit, median, min, max }, i) => {
    const y = 34 + i * (barHeight + 6);
    const middle = y + barHeight / 2;
    return `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>
<rect x="${labelWidth}" y="${y}" width="${(x(median) - labelWidth).toFixed(1)}" height="${barHeight}" fill="#4c78a8"/>
<line x1="${x(min).toFixed(1)}" x2="${x(max).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#222"/>
<text x="${(x(max) + 6).toFixed(1)}" y="${middle + 4}">${escaped(`${shown(median)} ${unit}`)}</text>`;
  });
  const height = 44 + found.length * (barHeight + 6);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="20" font-size="14">${escaped(title)}</text>
${bars.join("\n")}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
