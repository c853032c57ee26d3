import { drive, postOf } from "./http_client.ts";
import type { Program } from "./program.ts";

/** The header by which the program knows its caller: a new key with these scopes. */
export async function keyHeader({ must }: Program, scopes: readonly string[]): Promise<string> {
  const { key } = await must("POST", "/admin/api-keys", { name: "bench", mode: "live", scopes });
  return `X-API-Key: ${key}`;
}

/** Events by the batch, as requests that are ready to be sent. */
export interface Batches {
  readonly url: string;
  readonly headers: readonly string[];
  /** Part of every event's id: another for every call. */
  readonly run: string;
  readonly batch: number;
  readonly requests: number;
  /** The customer of the i-th event. */
  readonly customerOf: (i: number) => string;
}

/** Sends new events; answers how many a second were accepted. Throws where one was not. */
export async function eventsPerSecond(batches: Batches, connections: number): Promise<number> {
  const { url, batch } = batches;
  const accepted = `"accepted":${batch}`;
  const { seconds } = await drive({
    url,
    connections,
    requests: requestsOf(batches),
    check: ({ status, body }) => status === 202 && body.includes(accepted),
  });
  return (batch * batches.requests) / seconds;
}

function requestsOf({ url, headers, run, batch, requests, customerOf }: Batches): Buffer[] {
  return Array.from({ length: requests }, (_, request) => {
    const events = Array.from({ length: batch }, (_, i) => {
      const number = request * batch + i;
      return {
        event_id: `${run}-${number}`,
        event_type: "work",
        customer_id: customerOf(number),
        properties: { model: "large", n: (number % 97) + 1, region: "eu-central" },
      };
    });
    return postOf(url, "/api/v1/usage/events", JSON.stringify({ events }), headers);
  });
}
