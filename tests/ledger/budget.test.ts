import { describe, expect, test } from "bun:test";
import { budgetPosting } from "../../src/ledger/postings/budget.ts";
import { memo, occasion, told, usd } from "./told.ts";

describe("a spend limit's budget", () => {
  const change = (limit: string, used: string) =>
    told(
      budgetPosting(occasion("budget", "cust_1 3", memo), {
        customerId: "cust_1",
        limitId: "lim_1",
        window: "5",
        limit: usd(limit),
        used: usd(used),
      }),
    );

  test("is set and used, never beyond what is left of it", () => {
    expect(change("100", "0")).toEqual(["budget_set D9020 C9010 lim_1 5 100"]);
    expect(change("100", "30")).toEqual([
      "budget_set D9020 C9010 lim_1 5 100",
      "budget_used D9010 lim_1 5 C9020 30 balancing",
    ]);
  });

  test("is lowered after what was used is given back, and falls away whole", () => {
    // A limit of 100 with 80 used is lowered to 50: 50 of it are used then.
    expect(change("-50", "-30")).toEqual([
      "budget_used D9020 C9010 lim_1 5 30",
      "budget_set D9010 lim_1 5 C9020 50 balancing",
    ]);
    expect(change("-100", "-80")).toEqual([
      "budget_used D9020 C9010 lim_1 5 80",
      "budget_set D9010 lim_1 5 C9020 100 balancing",
    ]);
    expect(change("0", "0")).toEqual([]);
  });
});
