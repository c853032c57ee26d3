/** half_up: ties away from zero; half_even: ties to the even digit; up: away from zero; down: towards zero. */
export type RoundingMode = "half_up" | "half_even" | "up" | "down";

/** num / den as a whole number, den > 0, rounded as told; symmetric about zero. */
export function divideRounded(num: bigint, den: bigint, mode: RoundingMode): bigint {
  const quotient = num / den; // bigint division cuts towards zero
  const rest = num % den;
  if (rest === 0n || mode === "down") return quotient;
  const away = quotient + (num < 0n ? -1n : 1n);
  if (mode === "up") return away;
  const twice = 2n * (rest < 0n ? -rest : rest);
  if (twice !== den) return twice > den ? away : quotient;
  return mode === "half_up" || quotient % 2n !== 0n ? away : quotient;
}
