import Decimal from "decimal.js";
import { decimal, formatDecimal, fromInteger } from "../src/money/decimal.ts";
import { type Exact, formatExact } from "../src/money/ratio.ts";
import { cellKey } from "../src/pricing/matrix.ts";
import { compilePrice, type PriceInput } from "../src/pricing/price.ts";
import { rate, type Usage } from "../src/pricing/rate.ts";
import { newTally } from "../src/pricing/tally.ts";
import { type DecimalJsUsage, decimalJsRaters } from "./baselines/decimal_js_rating.ts";
import { Bench, type Subject } from "./harness.ts";
import { cpuMs } from "./machine.ts";

const tiers = [
  { up_to: "100000", unit_amount: "0.000004", flat_amount: "1" },
  { up_to: "500000", unit_amount: "0.000003" },
  { up_to: "1000000", unit_amount: "0.0000025" },
  { up_to: null, unit_amount: "0.000002" },
];
const steps = [
  { up_to: "100000", flat_amount: "19" },
  { up_to: "500000", flat_amount: "79" },
  { up_to: null, flat_amount: "199" },
];
const shares = [
  { up_to: "100000", rate: "2.9" },
  { up_to: "500000", rate: "2.4" },
  { up_to: null, rate: "1.9" },
];
const regions = ["eu", "us", "ap"];
const cells = regions.map((region, i) => ({ match: { region }, unit_amount: `0.00000${i + 2}` }));

/** Prices as people have them; flat and dynamic ones have nothing to reckon. */
const prices: readonly PriceInput[] = [
  { model: "per_unit", metric_id: "tokens", currency: "USD", unit_amount: "0.0000025" },
  { model: "graduated", metric_id: "tokens", currency: "USD", tiers },
  { model: "volume", metric_id: "tokens", currency: "USD", tiers },
  { model: "stairstep", metric_id: "tokens", currency: "USD", tiers: steps },
  { model: "package", metric_id: "tokens", currency: "USD", package_size: "1000", package_amount: "0.35" },
  { model: "percentage", metric_id: "tokens", currency: "USD", rate: "2.9" },
  { model: "graduated_percentage", metric_id: "tokens", currency: "USD", tiers: shares },
  { model: "matrix", metric_id: "tokens", currency: "USD", dimensions: ["region"], cells },
  { model: "seat", metric_id: "tokens", currency: "USD", unit_amount: "12.5", min: "3", max: "900000" },
];

/** Whole numbers and hundredths that reach into every tier. */
const quantities = Array.from({ length: 1000 }, (_, i) => {
  const whole = (i * 7_919) % 1_200_000;
  return i % 4 === 0 ? `${whole}.25` : `${whole}`;
});
const runMs = 150;

/** What the sums are made of on our side, as live spend has it. */
function usagesOf(input: PriceInput): Usage[] {
  const { terms } = compilePrice("price", 1, input);
  const tally = newTally(terms);
  return quantities.map((text) => {
    const quantity: Exact = text.includes(".") ? decimal(text) : fromInteger(Number(text));
    if (input.model !== "matrix") return { quantity, tally };
    const cells = used(text).cells.map(
      (part, i) => [cellKey([regions[i] ?? ""]), decimal(part.toFixed())] as const,
    );
    return { quantity, cells: new Map(cells) };
  });
}

/** The same for decimal.js: an amount, spread over as many cells as there are. */
function used(text: string): DecimalJsUsage {
  const quantity = new Decimal(text);
  const each = quantity.div(regions.length).floor();
  const last = quantity.minus(each.times(regions.length - 1));
  return { quantity, cells: regions.map((_, i) => (i < regions.length - 1 ? each : last)) };
}

/** Charges a second of processor time of `one`, called with every index again and again for a fixed time. */
function perSecond(count: number, one: (index: number) => unknown): number {
  let kept: unknown = null;
  let charges = 0;
  const startedAt = cpuMs();
  let passed = 0;
  for (; passed < runMs; passed = cpuMs() - startedAt, charges += count)
    for (let i = 0; i < count; i++) kept = one(i);
  if (kept === null) throw new Error("nothing was charged");
  return (charges / passed) * 1000;
}

function subjectsOf(input: PriceInput): Subject[] {
  const price = compilePrice("price", 1, input);
  const usages = usagesOf(input);
  const baseline = decimalJsRaters(input);
  const amounts = quantities.map((text) => used(text));
  const zero: Usage = { quantity: fromInteger(0) };
  const nothing = used("0");
  for (const [i, usage] of usages.entries()) {
    const [ours, theirs] = [formatExact(rate(price, usage).amount), baseline(amounts[i] ?? nothing)];
    if (!new Decimal(ours).equals(theirs.amount))
      throw new Error(`${input.model}: ${quantities[i]} is ${ours} here and ${theirs.amount} there`);
  }
  return [
    {
      name: `${input.model}`,
      unit: "charges/s",
      measure: () => perSecond(usages.length, (i) => rate(price, usages[i] ?? zero)),
    },
    {
      name: `${input.model}, decimal.js`,
      unit: "charges/s",
      measure: () => perSecond(amounts.length, (i) => baseline(amounts[i] ?? nothing)),
    },
  ];
}

const bench = new Bench("rating", "How many charges a second does one core rate, per price model?");
await bench.compare(prices.flatMap(subjectsOf), 60);
for (const { model } of prices)
  bench.ratio(`${model}, against decimal.js`, model, `${model}, decimal.js`, { atLeast: 10 });
bench.note("Seconds are of processor time, which others on the machine do not lengthen.");
bench.note(
  `Both sides rate the same ${quantities.length} quantities, checked to come to the same amounts (such as ` +
    `${formatDecimal(decimal(quantities[4] ?? "0"))} units), and both return the breakdown by tier or cell.`,
);
bench.plot(
  "Charges a second, beside decimal.js",
  prices.flatMap(({ model }) => [model, `${model}, decimal.js`]),
);
await bench.finish();
