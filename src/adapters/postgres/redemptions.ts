import type { TransactionSql } from "postgres";
import type { ExhaustedCoupon } from "../../ports/shard_store.ts";
import type { Redemption } from "../../ports/stored_rows.ts";

/**
 * Counts coupons as redeemed; returns those of which more is wanted than is left. Transactions that redeem the same
 * limited coupon wait for each other, so that each counts what the other did.
 */
export async function redeem(
  tx: TransactionSql,
  redemptions: readonly Redemption[],
): Promise<readonly ExhaustedCoupon[]> {
  if (redemptions.length === 0) return [];
  const limited = redemptions.filter(({ max }) => max !== null);
  if (limited.length > 0) {
    const names = [...new Set(limited.map(couponName))].sort(); // one order for all, so that nobody waits in a circle
    await tx`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name`;
  }
  const fresh = await insertNew(tx, redemptions);
  return tooMany(
    tx,
    limited.filter((redemption) => fresh.has(nameOf(redemption))),
  );
}

/** Inserts what is not there yet; returns the names of what was new. */
async function insertNew(tx: TransactionSql, redemptions: readonly Redemption[]): Promise<Set<string>> {
  const rows = await tx<{ companyId: string; couponId: string; subscriptionId: string }[]>`
    insert into coupon_redemptions (company_id, coupon_id, subscription_id, customer_id, at)
    select distinct on (1, 2, 3) * from unnest(
      ${redemptions.map((r) => r.companyId)}::text[], ${redemptions.map((r) => r.couponId)}::text[],
      ${redemptions.map((r) => r.subscriptionId)}::text[], ${redemptions.map((r) => r.customerId)}::text[],
      ${redemptions.map((r) => r.at)}::bigint[]) as r order by 1, 2, 3
    on conflict do nothing
    returning company_id as "companyId", coupon_id as "couponId", subscription_id as "subscriptionId"`;
  return new Set(rows.map(nameOf));
}

/** Of coupons with new redemptions those that now have more than they may, by the lowest limit among them. */
async function tooMany(tx: TransactionSql, fresh: readonly Redemption[]): Promise<ExhaustedCoupon[]> {
  if (fresh.length === 0) return [];
  const counted = await tx<{ companyId: string; couponId: string; redeemed: string }[]>`
    select company_id as "companyId", coupon_id as "couponId", count(*) as redeemed from coupon_redemptions
    where (company_id, coupon_id) in (
      select * from unnest(${fresh.map((r) => r.companyId)}::text[], ${fresh.map((r) => r.couponId)}::text[]))
    group by company_id, coupon_id order by company_id, coupon_id`;
  return counted.flatMap(({ companyId, couponId, redeemed }) => {
    const wanted = fresh.filter((r) => r.companyId === companyId && r.couponId === couponId);
    const max = Math.min(...wanted.map((r) => r.max ?? Number.POSITIVE_INFINITY));
    const before = Number(redeemed) - new Set(wanted.map(nameOf)).size;
    return Number(redeemed) > max ? [{ companyId, couponId, left: Math.max(0, max - before) }] : [];
  });
}

function couponName({ companyId, couponId }: Pick<Redemption, "companyId" | "couponId">): string {
  return `${companyId}|${couponId}`;
}

function nameOf(redemption: Pick<Redemption, "companyId" | "couponId" | "subscriptionId">): string {
  return `${couponName(redemption)}|${redemption.subscriptionId}`;
}
