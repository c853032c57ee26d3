import type { Socket } from "bun";

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** What driving a server came to. */
export interface Driven {
  readonly seconds: number;
  /** Of every request, ascending. */
  readonly millis: readonly number[];
}

/** What is asked of a server, by so many connections that each wait for an answer before they ask again. */
export interface Drive {
  readonly url: string;
  readonly connections: number;
  /** Whole requests, made before anything is timed. */
  readonly requests: readonly Buffer[];
  /** Whether an answer is what it should be: one that is not ends the bench. */
  readonly check: (answered: Answered) => boolean;
}

/** A POST of JSON as it goes over the wire. */
export function postOf(url: string, path: string, body: string, headers: readonly string[] = []): Buffer {
  const { host } = new URL(url);
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Sends all requests and waits for all answers. */
export async function drive({ url, connections, requests, check }: Drive): Promise<Driven> {
  const opened = await Promise.all(
    Array.from({ length: Math.min(connections, requests.length) }, () => Connection.open(url)),
  );
  const millis: number[] = [];
  let next = 0;
  const ask = async (connection: Connection): Promise<void> => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const askedAt = performance.now();
      const answered = await connection.ask(request);
      millis.push(performance.now() - askedAt);
      if (!check(answered)) throw new Error(`${answered.status} ${answered.body.slice(0, 300)}`);
    }
  };
  const startedAt = performance.now();
  try {
    await Promise.all(opened.map(ask));
    return { seconds: (performance.now() - startedAt) / 1000, millis: millis.toSorted((a, b) => a - b) };
  } finally {
    for (const connection of opened) connection.close();
  }
}

/** One kept-alive connection: far less work than fetch, so that the client is not what is measured. */
class Connection {
  #socket: Socket | null = null;
  #unsent: Buffer = Buffer.alloc(0);
  #received: Buffer[] = [];
  #size = 0;
  /** Of the whole answer under way, with its head; 0 until its head is there. */
  #expected = 0;
  #bodyFrom = 0;
  #waiting: { resolve(answered: Answered): void; reject(error: Error): void } | null = null;

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const connection = new Connection();
    const broken = (why: string): void => connection.#waiting?.reject(new Error(why));
    connection.#socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data: (_, bytes) => connection.#take(bytes),
        drain: () => connection.#flush(),
        close: () => broken("the server closed the connection"),
        error: (_, error) => broken(error.message),
      },
    });
    return connection;
  }

  ask(request: Buffer): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#unsent = request;
      this.#flush();
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket?.end();
  }

  #flush(): void {
    if (this.#unsent.length === 0) return;
    const sent = this.#socket?.write(this.#unsent) ?? 0;
    this.#unsent = this.#unsent.subarray(Math.max(0, sent));
  }

  #take(bytes: Buffer): void {
    this.#received.push(Buffer.from(bytes));
    this.#size += bytes.length;
    if (this.#expected === 0) this.#readHead();
    if (this.#expected === 0 || this.#size < this.#expected) return;
    const all = this.#all();
    const status = Number(all.toString("latin1", 9, 12));
    const body = all.toString("utf8", this.#bodyFrom);
    const waiting = this.#waiting;
    [this.#received, this.#size, this.#expected, this.#waiting] = [[], 0, 0, null];
    waiting?.resolve({ status, body });
  }

  #readHead(): void {
    const all = this.#all();
    const end = all.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(all.toString("latin1", 0, end))?.[1];
    if (length === undefined) throw new Error("an answer does not say how long it is");
    this.#bodyFrom = end + 4;
    this.#expected = this.#bodyFrom + Number(length);
  }

  #all(): Buffer {
    const [first, second] = this.#received;
    if (first !== undefined && second === undefined) return first;
    const all = Buffer.concat(this.#received);
    this.#received = [all];
    return all;
  }
}
