import { Type } from "@sinclair/typebox";
import { planVersionOf } from "../../../src/catalog/plan.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { formatDecimal } from "../../../src/money/decimal.ts";
import { decimalOf, isRawNumber } from "../../../src/money/json.ts";
import { commonFields } from "../../../src/pricing/common_fields.ts";
import { type Price, PriceInput } from "../../../src/pricing/price.ts";
import { type OverrideRequest, readOverrides } from "../../../src/subscriptions/price_override.ts";
import type { Services } from "../../services.ts";
import { validator } from "../validate.ts";

const checkPrices = validator(Type.Object({ overrides: Type.Array(PriceInput) }));

/**
 * The custom prices of a contract, as they are stored. They are read again with the plan of every period they may
 * apply to; what could never apply is refused here, with VAL_001: a price the company does not have, and fields that
 * make no price of any of its versions.
 */
export async function customPrices(
  services: Services,
  companyId: string,
  requests: readonly { readonly price: string }[],
): Promise<OverrideRequest[]> {
  const company = await services.companies.current(companyId);
  if (company === null) throw new BillingError("RES_001", "No such company");
  const { catalog, rows } = company;
  return requests.map((request, index) => {
    const named = rows.filter((row) => row.kind === "price" && [row.id, row.key].includes(request.price));
    const versions = named.flatMap((row) => catalog.price(row.id, row.version) ?? []);
    if (versions.length === 0) throw invalid(`overrides[${index}].price`, "names no price");
    const override = withPlainNumbers(request) as OverrideRequest;
    const faults = versions.map((version) => faultOf(version, { ...override, price: version.id }));
    const [fault = null] = faults;
    if (fault !== null && faults.every((one) => one !== null))
      throw new BillingError("VAL_001", fault.message.replace("overrides[0]", `overrides[${index}]`), {
        field: (fault.field ?? "overrides[0]").replace("overrides[0]", `overrides[${index}]`),
      });
    return override;
  });
}

/** Why an override makes no price of this one; null where it does. */
function faultOf(price: Price, override: OverrideRequest): BillingError | null {
  const alone = { key: "alone", name: "", currency: price.currency, prices: [] };
  try {
    // No schema says what an override may hold: that depends on the price. What it makes must be a price.
    checkPrices({ overrides: [overridden(price, override)] }, "overrides[0]");
    readOverrides(planVersionOf("", 1, alone, [price]), [override], "overrides");
    return null;
  } catch (error) {
    if (error instanceof BillingError) return error;
    throw error;
  }
}

/** A price with the fields of an override in place of its own; a change of model drops the parameters of the old. */
function overridden({ input }: Price, { price: _, ...fields }: OverrideRequest): object {
  const { model = input.model } = fields;
  if (model === input.model) return { ...input, ...fields };
  const kept = Object.entries(input).filter(([name]) => Object.hasOwn(commonFields, name));
  return { ...Object.fromEntries(kept), ...fields };
}

/** Numbers kept as they were written become text: as JSON they would lose digits when they are read back. */
function withPlainNumbers(value: unknown): unknown {
  if (isRawNumber(value)) {
    const read = decimalOf(value);
    return read === null ? value : formatDecimal(read);
  }
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withPlainNumbers(item)]));
}
