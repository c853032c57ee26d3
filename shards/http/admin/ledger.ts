import { Type } from "@sinclair/typebox";
import { type LedgerBook, referenceOf } from "../../../src/ledger/account.ts";
import { limits } from "../../../src/limits.ts";
import type { PostedTransfer } from "../../../src/ports/ledger.ts";
import type { OpenAccount } from "../../../src/ports/ledger_directory.ts";
import { Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { namedCustomer } from "../documents.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Route, route } from "../route.ts";
import { accountExample, totalExamples, transferExample } from "./ledger_examples.ts";
import { hexOf, showAccount, showTotal, showTransfer } from "./ledger_rows.ts";

const Currency = Type.String({ pattern: "^[A-Z]{3}$" });
const Bits = Type.String({ pattern: "^[0-9a-f]{32}$", description: "32 hex digits" });
const Code = Type.Integer({ minimum: 1, maximum: 65_535 });

const AccountQuery = listQuery({
  currency: Type.Optional(Currency),
  code: Type.Optional(Code),
  customer_id: Type.Optional(Ref),
});

const TransferQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
    ),
    cursor: Type.Optional(Type.String({ description: "`page.next_cursor` of the page before" })),
    account_id: Type.Optional(Bits),
    customer_id: Type.Optional(Ref),
    invoice_id: Type.Optional(Ref),
    reference: Type.Optional(Bits),
    code: Type.Optional(Code),
    currency: Type.Optional(Currency),
  },
  { additionalProperties: false },
);

const TrialQuery = Type.Object({ currency: Type.Optional(Currency) }, { additionalProperties: false });

const common = { method: "GET", service: "admin", auth: { scopes: ["ledger:read"] } } as const;
const path = "/api/v1/admin/ledger";

/** The double-entry ledger as it is kept, for those who check it; API.md §2. */
export function ledgerRoutes(services: Services): Route[] {
  return [
    route({
      ...common,
      path: `${path}/accounts`,
      summary: "List ledger accounts with their balances, newest first",
      description:
        "A company has one ledger of money and one of budgets per currency. `balance` is on the side the account grows " +
        "on. Amounts have all decimals the ledger keeps: eight beyond the currency's.",
      query: AccountQuery,
      example: { answer: [accountExample] },
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const page = readPage(ctx, "ledger_accounts");
        const { customer_id, ...others } = page.filters;
        const customer = customer_id === undefined ? null : await namedCustomer(services, ctx, customer_id);
        const filters = { ...others, ...(customer === null ? {} : { customer_id: customer.customerId }) };
        const accounts = await services.ledgerDirectory.accounts(companyId, { ...page, filters });
        const balances = await services.ledger.balances(
          companyId,
          accounts.map(({ id }) => id),
        );
        const books = await booksOf(services, companyId);
        const placeOf = ({ createdAt, id }: OpenAccount) => ({ createdAt, id: hexOf(id) });
        return pageAnswer(ctx, "ledger_accounts", page, accounts, placeOf, (account) => {
          const book = books.get(account.ledger);
          return book === undefined ? null : showAccount(account, book, balances.get(account.id));
        });
      },
    }),
    route({
      ...common,
      path: `${path}/transfers`,
      summary: "List transfers, newest first",
      description:
        "`invoice_id` finds all legs of an invoice and of what reversed it; usage accrues on no document and is found by " +
        "its accounts. `kind` is `posted`, or `pending`, `post_pending` and `void_pending` for what is reserved first.",
      query: TransferQuery,
      example: { answer: [transferExample] },
      handler: (ctx) => listTransfers(services, ctx),
    }),
    route({
      ...common,
      path: `${path}/trial-balance`,
      summary: "Sums of debits and credits by account code",
      description: "In every ledger the debits of all rows add up to their credits.",
      query: TrialQuery,
      example: { answer: totalExamples },
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const books = await booksOf(services, companyId, ctx.query.currency);
        const totals = await services.ledger.totals(companyId, [...books.keys()]);
        const rows = totals
          .toSorted((a, b) => a.ledger - b.ledger || a.code - b.code)
          .flatMap((total) => {
            const book = books.get(total.ledger);
            return book === undefined ? [] : [showTotal(total, book)];
          });
        return { payload: rows, page: { next_cursor: null, has_more: false } };
      },
    }),
  ];
}

type TransferContext = Parameters<typeof readPage>[0] & Parameters<typeof namedCustomer>[1];

async function listTransfers(services: Services, ctx: TransferContext) {
  const { companyId } = ctx.principal;
  const page = readPage(ctx, "ledger_transfers");
  const { account_id, customer_id, invoice_id, reference, code, currency } = page.filters;
  const books = await booksOf(services, companyId, currency);
  const about = [
    ...(invoice_id === undefined ? [] : [referenceOf(companyId, invoice_id)]),
    ...(reference === undefined ? [] : [BigInt(`0x${reference}`)]),
  ];
  const accounts = await namedAccounts(services, ctx, account_id, customer_id);
  const isNothing = new Set(about).size > 1 || accounts?.length === 0 || books.size === 0;
  const [only] = about;
  const transfers = isNothing
    ? []
    : await services.ledger.transfers(companyId, {
        ledgers: [...books.keys()],
        ...(accounts === undefined ? {} : { accounts: accounts.map(({ id }) => id) }),
        ...(only === undefined ? {} : { reference: only }),
        ...(code === undefined ? {} : { code: Number(code) }),
        before: page.after === null ? null : BigInt(page.after.id),
        limit: page.limit,
      });
  const touched = [...new Set(transfers.flatMap(({ debit, credit }) => [debit, credit]))];
  const known = await services.ledgerDirectory.accountsById(companyId, touched);
  const byId = new Map(known.map((account) => [account.id, account]));
  const placeOf = ({ order }: PostedTransfer) => ({ createdAt: 0, id: String(order) });
  return pageAnswer(ctx, "ledger_transfers", page, transfers, placeOf, (transfer) => {
    const book = books.get(transfer.ledger);
    return book === undefined ? null : showTransfer(transfer, book, byId);
  });
}

/** The accounts that are asked for; undefined where none are named. Another company's are none. */
async function namedAccounts(
  services: Services,
  ctx: TransferContext,
  accountId: string | undefined,
  customerRef: string | undefined,
): Promise<readonly OpenAccount[] | undefined> {
  const { companyId } = ctx.principal;
  const directory = services.ledgerDirectory;
  const id = accountId === undefined ? null : BigInt(`0x${accountId}`);
  if (customerRef === undefined) return id === null ? undefined : directory.accountsById(companyId, [id]);
  const { customerId } = await namedCustomer(services, ctx, customerRef);
  const own = await directory.accountsOf(companyId, customerId);
  return id === null
    ? own.slice(0, limits.ledgerAccountsPerQueryMax)
    : own.filter((account) => account.id === id);
}

/** The company's ledgers by number, of one currency where one is named. */
async function booksOf(
  services: Services,
  companyId: string,
  currency?: string,
): Promise<Map<number, LedgerBook>> {
  const books = await services.ledgerDirectory.ledgers(companyId);
  return new Map(
    books
      .filter((book) => currency === undefined || book.currency === currency)
      .map((book) => [book.number, book]),
  );
}
