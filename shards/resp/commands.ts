import type { Authenticator } from "../../src/auth/authenticator.ts";
import { authorize, type Principal } from "../../src/auth/principal.ts";
import { BillingError } from "../../src/errors.ts";
import { parseBody } from "../http/body.ts";
import { type Report, toldError } from "../http/error_report.ts";
import type { RateLimits } from "../http/rate_limits.ts";
import { answerCheck, CheckInput } from "../http/subscription/check.ts";
import { validator } from "../http/validate.ts";
import { NotOwner } from "../not_owner.ts";
import type { Forwarding } from "../peers/forwarding.ts";
import type { Services } from "../services.ts";
import { bulk, failure, type RawCommand } from "./protocol.ts";

/** What the commands work with: that of the HTTP ports. */
export interface CommandParts {
  readonly services: Services;
  readonly authenticator: Authenticator;
  readonly rates: RateLimits;
  readonly report: Report;
  readonly forwarding: Forwarding | null;
  /** Serves an HTTP request of a client at that address. */
  readonly call: (request: Request, address: string) => Promise<Response>;
}

/** Who asks: an API key, and from where. */
export interface Caller {
  readonly apiKey: string;
  readonly address: string;
}

const base = "http://billai/api/v1/spend-control";
const validCheck = validator(CheckInput);
const text = new TextDecoder("utf-8", { fatal: true });
const checkScope = { scopes: ["spend:read"] } as const;

/** BILLAI.CHECK, BILLAI.RESERVE, BILLAI.COMMIT and BILLAI.RELEASE: what the HTTP API does, in fewer bytes. */
export class Commands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** Whether it is one of these commands. */
  has(name: string): boolean {
    return name === "BILLAI.CHECK" || name in requests;
  }

  /** Who has this key. Throws and rejects with AUTH_001. */
  principal({ apiKey, address }: Caller): Principal | Promise<Principal> {
    const credentials = { authorization: null, apiKey, address: () => address };
    return this.#parts.authenticator.authenticate(credentials, this.#parts.services.clock.now());
  }

  /** Runs commands of one name that came together, and answers them in their order. Checks are charged together. */
  run(name: string, commands: readonly RawCommand[], caller: Caller): string | Promise<string> {
    if (name !== "BILLAI.CHECK")
      return joined(commands.map((command) => this.#request(name, command, caller)));
    const refused = (error: unknown): string => refusal(this.#told(error)).repeat(commands.length);
    try {
      const principal = this.principal(caller);
      if (!(principal instanceof Promise)) return this.#checks(commands, principal, caller);
      return principal.then((known) => this.#checks(commands, known, caller)).catch(refused);
    } catch (error) {
      return refused(error);
    }
  }

  #checks(commands: readonly RawCommand[], principal: Principal, caller: Caller): string | Promise<string> {
    this.#parts.rates.chargeUsage({ principal, address: null }, commands.length, () => {});
    authorize(principal, checkScope);
    return joined(commands.map((command) => this.#check(command, principal, caller)));
  }

  /** At once where the customer is live here. */
  #check(command: RawCommand, principal: Principal, caller: Caller): string | Promise<string> {
    let body: ReturnType<typeof checkBody> | null = null;
    const failed = (error: unknown): string | Promise<string> =>
      error instanceof NotOwner
        ? this.#elsewhere(error, JSON.stringify(body), caller)
        : refusal(this.#told(error));
    try {
      body = checkBody(command);
      const answer = answerCheck(this.#parts.services, principal, body);
      if (answer instanceof Promise) return answer.then((found) => bulk(JSON.stringify(found))).catch(failed);
      return bulk(JSON.stringify(answer));
    } catch (error) {
      return failed(error);
    }
  }

  /** Asks the process that has the customer; one that has come here meanwhile is asked as any request asks it. */
  async #elsewhere({ partition }: NotOwner, body: string, { apiKey, address }: Caller): Promise<string> {
    const { forwarding, services, call } = this.#parts;
    const request = post(`${base}/check`, body, apiKey);
    try {
      const id = services.ids.next("req");
      const answer = await forwarding?.send(partition, request, Buffer.from(body), address, id);
      return await reply(answer ?? (await call(request, address)));
    } catch (error) {
      return refusal(this.#told(error));
    }
  }

  async #request(name: string, command: RawCommand, { apiKey, address }: Caller): Promise<string> {
    try {
      const [path, body] = requests[name]?.(command.slice(1).map(decoded)) ?? ["", ""];
      return await reply(await this.#parts.call(post(`${base}/reservations${path}`, body, apiKey), address));
    } catch (error) {
      return refusal(this.#told(error));
    }
  }

  #told(error: unknown): BillingError {
    const { services, report } = this.#parts;
    const at = { requestId: services.ids.next("req"), now: services.clock.now(), route: "RESP" };
    return toldError(error, at, report);
  }
}

/** Answers one after the other; waits for none where all are there. */
function joined(answers: readonly (string | Promise<string>)[]): string | Promise<string> {
  if (answers.every((answer) => typeof answer === "string")) return answers.join("");
  return Promise.all(answers).then((all) => all.join(""));
}

/** What a command is in HTTP: where it goes below the reservations, and its body. */
const requests: Readonly<Record<string, (args: readonly string[]) => [path: string, body: string]>> = {
  "BILLAI.RESERVE": (args) => {
    if (args.length !== 3 && args.length !== 4)
      throw wrongCount("BILLAI.RESERVE customer seconds amount | customer seconds event_type json");
    const [customer = "", seconds = "", what = "", json] = args;
    const held =
      json === undefined
        ? `"amount":${JSON.stringify(what)}`
        : `"event":{"event_type":${JSON.stringify(what)},"properties":${json}}`;
    const expiresIn = /^\d{1,9}$/.test(seconds) ? String(Number(seconds)) : JSON.stringify(seconds);
    return ["", `{"customer_id":${JSON.stringify(customer)},"expires_in":${expiresIn},${held}}`];
  },
  "BILLAI.COMMIT": (args) => {
    if (args.length !== 2) throw wrongCount("BILLAI.COMMIT reservation json");
    const [id = "", event = ""] = args;
    return [`/${encodeURIComponent(id)}/commit`, `{"event":${event}}`];
  },
  "BILLAI.RELEASE": (args) => {
    if (args.length !== 1) throw wrongCount("BILLAI.RELEASE reservation");
    return [`/${encodeURIComponent(args[0] ?? "")}/release`, ""];
  },
};

function checkBody(command: RawCommand) {
  const [, customer, eventType, properties] = command;
  if (command.length < 3 || command.length > 4 || customer === undefined || eventType === undefined)
    throw wrongCount("BILLAI.CHECK customer event_type [json]");
  const body = {
    customer_id: decoded(customer),
    event_type: decoded(eventType),
    ...(properties === undefined ? {} : { properties: parseBody(properties) }),
  };
  validCheck(body, "command");
  return body as typeof body & { properties?: Record<string, unknown> };
}

function decoded(bytes: Buffer): string {
  try {
    return text.decode(bytes);
  } catch {
    throw new BillingError("VAL_001", "Validation error: an argument is not valid UTF-8");
  }
}

function wrongCount(usage: string): BillingError {
  return new BillingError("VAL_001", `Validation error: wrong number of arguments; use ${usage}`);
}

function post(url: string, body: string, apiKey: string): Request {
  const headers = { "Content-Type": "application/json", "X-Api-Key": apiKey, Prefer: "return=minimal" };
  return new Request(url, { method: "POST", headers, body });
}

/** The payload of an answer, or its error with the code as first word. */
async function reply(response: Response): Promise<string> {
  const { error, payload } = (await response.json()) as {
    error: { code: string; msg: string } | null;
    payload: unknown;
  };
  return error === null ? bulk(JSON.stringify(payload)) : failure(error.code, error.msg);
}

function refusal({ code, message, retryAfterS }: BillingError): string {
  return failure(
    code,
    retryAfterS === undefined ? message : `${message}; retry in ${Math.ceil(retryAfterS)} s`,
  );
}
