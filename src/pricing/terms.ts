import { assertNever } from "../errors.ts";
import { type DynamicTerms, dynamicTerms } from "./dynamic.ts";
import { type FlatTerms, flatTerms } from "./flat.ts";
import { type GraduatedTerms, graduatedTerms } from "./graduated.ts";
import { type GraduatedPercentageTerms, graduatedPercentageTerms } from "./graduated_percentage.ts";
import { type MatrixTerms, matrixTerms } from "./matrix.ts";
import { type PackageTerms, packageTerms } from "./package.ts";
import { type PerUnitTerms, perUnitTerms } from "./per_unit.ts";
import { type PercentageTerms, percentageTerms } from "./percentage.ts";
import type { PriceInput } from "./price_input.ts";
import { type SeatTerms, seatTerms } from "./seat.ts";
import { type StairstepTerms, stairstepTerms } from "./stairstep.ts";
import { type VolumeTerms, volumeTerms } from "./volume.ts";

/** The parameters of a price, read once. */
export type PriceTerms =
  | FlatTerms
  | PerUnitTerms
  | GraduatedTerms
  | VolumeTerms
  | StairstepTerms
  | PackageTerms
  | PercentageTerms
  | GraduatedPercentageTerms
  | MatrixTerms
  | SeatTerms
  | DynamicTerms;

/** Reads the parameters of a price's model; throws VAL_001 where they contradict each other. `at` is its path. */
export function termsOf(input: PriceInput, at: string): PriceTerms {
  switch (input.model) {
    case "flat":
      return flatTerms(input);
    case "per_unit":
      return perUnitTerms(input);
    case "graduated":
      return graduatedTerms(input, at);
    case "volume":
      return volumeTerms(input, at);
    case "stairstep":
      return stairstepTerms(input, at);
    case "package":
      return packageTerms(input);
    case "percentage":
      return percentageTerms(input, at);
    case "graduated_percentage":
      return graduatedPercentageTerms(input, at);
    case "matrix":
      return matrixTerms(input, at);
    case "seat":
      return seatTerms(input, at);
    case "dynamic":
      return dynamicTerms(input);
    default:
      return assertNever(input);
  }
}
