import { type Static, type TProperties, type TUnsafe, Type } from "@sinclair/typebox";
import { commonFields } from "./common_fields.ts";
import { dynamicParameters } from "./dynamic.ts";
import { flatParameters } from "./flat.ts";
import { graduatedParameters } from "./graduated.ts";
import { graduatedPercentageParameters } from "./graduated_percentage.ts";
import { matrixParameters } from "./matrix.ts";
import { packageParameters } from "./package.ts";
import { perUnitParameters } from "./per_unit.ts";
import { percentageParameters } from "./percentage.ts";
import { seatParameters } from "./seat.ts";
import { stairstepParameters } from "./stairstep.ts";
import { volumeParameters } from "./volume.ts";

const closed = { additionalProperties: false };

function variant<const Model extends string, Parameters extends TProperties>(
  model: Model,
  parameters: Parameters,
) {
  return Type.Object({ model: Type.Literal(model), ...commonFields, ...parameters }, closed);
}

/** What a client can say of a price, by model; API.md §3, Price. */
export const priceVariants = {
  flat: variant("flat", flatParameters),
  per_unit: variant("per_unit", perUnitParameters),
  graduated: variant("graduated", graduatedParameters),
  volume: variant("volume", volumeParameters),
  stairstep: variant("stairstep", stairstepParameters),
  package: variant("package", packageParameters),
  percentage: variant("percentage", percentageParameters),
  graduated_percentage: variant("graduated_percentage", graduatedPercentageParameters),
  matrix: variant("matrix", matrixParameters),
  seat: variant("seat", seatParameters),
  dynamic: variant("dynamic", dynamicParameters),
};

/** A price as a client describes it. `compilePrice` has the rules a schema cannot say. */
export type PriceInput = Static<(typeof priceVariants)[PriceModel]>;
export type PriceModel = keyof typeof priceVariants;

/** The names of all models. */
export const priceModels = Object.keys(priceVariants) as PriceModel[];

/** A price of any model, with some fields in place of its own or besides, such as a currency that may be left out. */
export function priceWith<T = PriceInput>(fields: TProperties): TUnsafe<T> {
  const variants = priceModels.map((model) =>
    Type.Object({ ...priceVariants[model].properties, ...fields }, closed),
  );
  return Type.Unsafe<T>(Type.Union(variants));
}

export const PriceInput = priceWith({});
