const events = [
  {
    id: "orph_0000000000s4v6x8z1b3d5f7h9",
    event_id: "req_7f3a91",
    status: "recovered",
    amount: "0.004872",
    currency: "USD",
  },
  {
    id: "orph_0000000000t5w7y9a2c4e6g8j0",
    event_id: "req_7f3a92",
    status: "open",
    reason: "no_subscription",
  },
];

const dryRun = {
  request: { action: "retry", filter: { customer_ref: "acme-eu" }, dry_run: true },
  answer: {
    dry_run: true,
    matched: 2,
    recovered: 1,
    discarded: 0,
    still_orphaned: { no_subscription: 1 },
    refused: 0,
    amounts: [{ currency: "USD", amount: "0.004872" }],
    events,
    has_more: false,
  },
};

/** Recovery in bulk as the OpenAPI shows it: first what it would cost, then the same for good, and a discard. */
export const bulkExamples = {
  ...dryRun,
  examples: {
    "What would it cost?": dryRun,
    "Count late usage on the next invoice": {
      request: { action: "next_invoice", filter: { reason: "period_closed" }, limit: 1000 },
      answer: {
        dry_run: false,
        matched: 1,
        recovered: 1,
        discarded: 0,
        still_orphaned: {},
        refused: 0,
        amounts: [{ currency: "USD", amount: "0.004872" }],
        events: events.slice(0, 1),
        has_more: false,
      },
    },
    "Discard what a test sent": {
      request: {
        action: "discard",
        reason: "Sent by a load test",
        filter: { event_type: "load_test", received_to: "2026-02-04T00:00:00Z" },
      },
      answer: {
        dry_run: false,
        matched: 1,
        recovered: 0,
        discarded: 1,
        still_orphaned: {},
        refused: 0,
        amounts: [],
        events: [{ id: "orph_0000000000s4v6x8z1b3d5f7h9", event_id: "req_7f3a91", status: "discarded" }],
        has_more: false,
      },
    },
  },
};
