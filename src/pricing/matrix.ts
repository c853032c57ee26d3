import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { type Decimal, formatDecimal, ZERO } from "../money/decimal.ts";
import { DecimalText } from "../money/decimal_schema.ts";
import { addExact, compareExact, type Exact, mulExact, signExact, subExact } from "../money/ratio.ts";
import { canonicalText } from "../scalar.ts";
import { Text } from "../text.ts";
import { amountOf, optionalAmount, UnitAmount } from "./amount.ts";
import { transformedUnits, type UnitRules } from "./billed_units.ts";
import type { CellCharge, Charge } from "./charge.ts";

// Both are kept per price, and cells with usage per period: far above what anybody writes by hand.
const dimensionsMax = 8;
const cellsMax = 1000;

const CellInput = Type.Object(
  {
    match: Type.Record(
      Type.String(),
      Type.Union([Text(255), Type.Boolean(), DecimalText("any", "A number")]),
      {
        description: "The value of every dimension",
      },
    ),
    unit_amount: UnitAmount,
  },
  { additionalProperties: false },
);

/** Parameters of `matrix`: a price per unit for every combination of properties. */
export const matrixParameters = {
  dimensions: Type.Array(Text(255), { minItems: 1, maxItems: dimensionsMax, uniqueItems: true }),
  cells: Type.Array(CellInput, { minItems: 1, maxItems: cellsMax }),
  default_unit_amount: Type.Optional(UnitAmount),
};

interface MatrixInput {
  dimensions: string[];
  cells: Static<typeof CellInput>[];
  default_unit_amount?: Static<typeof UnitAmount>;
}

/** One cell; its key stands for its match, see `cellKey`. */
export interface MatrixCell {
  readonly key: string;
  readonly match: Readonly<Record<string, string>>;
  readonly unitAmount: Decimal;
}

export interface MatrixTerms {
  readonly model: "matrix";
  readonly dimensions: readonly string[];
  readonly cells: readonly MatrixCell[];
  readonly keys: ReadonlySet<string>;
  /** What units in no cell cost, 0 where the price does not say. */
  readonly defaultUnitAmount: Decimal;
}

/** The key of what falls in no cell. */
export const DEFAULT_CELL = "";

/** The key of the cell with these canonical texts, in the order of the dimensions; null stands for no value. */
export function cellKey(texts: readonly (string | null)[]): string {
  return JSON.stringify(texts);
}

/** Reads a matrix; throws VAL_001 unless every cell matches each dimension and no two are equal. */
export function matrixTerms(input: MatrixInput, at: string): MatrixTerms {
  const keys = new Set<string>();
  const { dimensions } = input;
  const cells = input.cells.map(({ match, unit_amount }, index): MatrixCell => {
    const path = `${at}cells[${index}].match`;
    const unknown = Object.keys(match).find((name) => !dimensions.includes(name));
    if (unknown !== undefined) throw invalid(`${path}.${unknown}`, "is not one of the dimensions");
    const missing = dimensions.find((name) => !Object.hasOwn(match, name));
    if (missing !== undefined) throw invalid(`${path}.${missing}`, "is required, as every dimension is");
    const texts = dimensions.map((name) => canonicalText(match[name]) ?? "");
    const key = cellKey(texts);
    if (keys.has(key)) throw invalid(path, "is the same as that of a cell before it");
    keys.add(key);
    const named = Object.fromEntries(dimensions.map((name, i) => [name, texts[i] ?? ""]));
    return { key, match: named, unitAmount: amountOf(unit_amount) };
  });
  const defaultUnitAmount = optionalAmount(input.default_unit_amount) ?? ZERO;
  return { model: "matrix", dimensions, cells, keys, defaultUnitAmount };
}

/** The cells as they are kept: matches as canonical texts, which is what they are compared by. */
export function storedCells(cells: MatrixInput["cells"]): MatrixInput["cells"] {
  return cells.map(({ match, unit_amount }) => {
    const texts = Object.entries(match).map(([name, value]) => [name, canonicalText(value) ?? ""]);
    return { match: Object.fromEntries(texts), unit_amount: formatDecimal(amountOf(unit_amount)) };
  });
}

/**
 * Every cell's units at its own rate. Units are transformed cell by cell; those that are included are used up by the
 * cells in the order they are listed, by the default last.
 */
export function rateMatrix(
  terms: MatrixTerms,
  rules: UnitRules,
  quantities: ReadonlyMap<string, Exact>,
): Charge {
  const cells: CellCharge[] = [];
  let included: Exact = rules.includedUnits ?? ZERO;
  let amount: Exact = ZERO;
  const rateCell = (key: string, match: CellCharge["match"], unitAmount: Decimal) => {
    const quantity = quantities.get(key);
    if (quantity === undefined) return;
    let billed = transformedUnits(rules, quantity);
    if (signExact(included) > 0) {
      const free = compareExact(billed, included) < 0 ? billed : included;
      billed = subExact(billed, free);
      included = subExact(included, free);
    }
    const charge = { match, quantity: billed, unitAmount, amount: mulExact(billed, unitAmount) };
    amount = addExact(amount, charge.amount);
    cells.push(charge);
  };
  for (const cell of terms.cells) rateCell(cell.key, cell.match, cell.unitAmount);
  rateCell(DEFAULT_CELL, null, terms.defaultUnitAmount);
  return { amount, unitAmount: null, tiers: [], cells };
}
