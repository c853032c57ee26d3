import type { Socket } from "bun";
import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { Caller, Commands } from "./commands.ts";
import {
  bulk,
  CommandReader,
  emptyArray,
  failure,
  integer,
  pairs,
  type RawCommand,
  simple,
} from "./protocol.ts";

const ok = simple("OK");
const notYet = failure("NOAUTH", "AUTH_001 Say AUTH and an API key first");

type Ready = PromiseWithResolvers<void>;

/** One client: who it is, and its commands in their order. Nothing more is read than is answered and taken. */
export class Connection {
  readonly #socket: Socket<Connection | null>;
  readonly #commands: Commands;
  readonly #id: number;
  readonly #reader = new CommandReader();
  #waiting: RawCommand[] = [];
  #fault: string | null = null;
  #caller: Caller | null = null;
  #version: 2 | 3 = 2;
  #isWorking = false;
  #isPaused = false;
  #isEnding = false;
  #unsent: Buffer = Buffer.alloc(0);
  #drained: Ready | null = null;

  constructor(socket: Socket<Connection | null>, commands: Commands, id: number) {
    this.#socket = socket;
    this.#commands = commands;
    this.#id = id;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return !this.#isWorking;
  }

  receive(bytes: Buffer): void {
    if (this.#fault !== null || this.#isEnding) return;
    const { commands, fault } = this.#reader.take(Buffer.from(bytes));
    this.#waiting.push(...commands);
    this.#fault = fault;
    if (this.#waiting.length > limits.respCommandsAtOnceMax) {
      this.#isPaused = true;
      this.#socket.pause();
    }
    if (!this.#isWorking) void this.#work();
  }

  /** Answers what has come, and ends. */
  finish(): void {
    this.#isEnding = true;
    if (!this.#isWorking) this.#socket.end();
  }

  /** There is room for what could not be sent. */
  drain(): void {
    this.#send();
    if (this.#unsent.length === 0) this.#drained?.resolve();
  }

  /** The client is gone; what it asked for happens all the same. */
  closed(): void {
    this.#isEnding = true;
    this.#waiting = [];
    this.#unsent = Buffer.alloc(0);
    this.#drained?.resolve();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) {
      const commands = this.#waiting.splice(0, limits.respCommandsAtOnceMax);
      const answers = this.#answers(commands);
      if (!this.#write(typeof answers === "string" ? answers : await answers)) await this.#taken();
      if (this.#isPaused) this.#resume();
    }
    if (this.#fault !== null && !this.#write(failure("ERR", `Protocol error: ${this.#fault}`)))
      await this.#taken();
    this.#isWorking = false;
    if (this.#fault !== null || this.#isEnding) this.#socket.end();
  }

  /** At once where all of them are of one name and their answers are known. */
  #answers(commands: readonly RawCommand[]): string | Promise<string> {
    const name = nameOf(commands[0]);
    const alike = this.#commands.has(name) && commands.every((command) => nameOf(command) === name);
    return alike && this.#caller !== null
      ? this.#commands.run(name, commands, this.#caller)
      : this.#inGroups(commands);
  }

  /**
   * Commands of one name that follow one another are run together: none of them waits for what another does. What a
   * different one does is done before.
   */
  async #inGroups(commands: readonly RawCommand[]): Promise<string> {
    let answers = "";
    let together: RawCommand[] = [];
    let shared = "";
    const run = async (): Promise<void> => {
      if (together.length === 0) return;
      answers +=
        this.#caller === null
          ? notYet.repeat(together.length)
          : await this.#commands.run(shared, together, this.#caller);
      together = [];
    };
    for (const command of commands) {
      const name = nameOf(command);
      if (name !== shared) await run();
      if (this.#commands.has(name)) {
        shared = name;
        together.push(command);
        continue;
      }
      answers += await this.#ownCommand(name, command.slice(1).map(String));
      if (name === "QUIT") return answers;
    }
    await run();
    return answers;
  }

  /** What clients of Redis say about the connection itself. */
  async #ownCommand(name: string, args: readonly string[]): Promise<string> {
    switch (name) {
      case "PING":
        return args[0] === undefined ? simple("PONG") : bulk(args[0]);
      case "ECHO":
        return bulk(args[0] ?? "");
      case "AUTH":
        return (await this.#refusedKey(args.at(-1) ?? "")) ?? ok;
      case "HELLO":
        return this.#hello(args);
      case "QUIT":
        this.#waiting = [];
        this.#isEnding = true;
        return ok;
      case "RESET":
        this.#caller = null;
        this.#version = 2;
        return simple("RESET");
      case "COMMAND":
        return emptyArray;
      case "INFO": // by which clients learn whether a server is still loading
        return bulk("# Server\r\nserver_name:billai\r\nredis_mode:standalone\r\nloading:0\r\n");
      case "CLIENT":
        return args[0]?.toUpperCase() === "ID" ? integer(this.#id) : ok;
      case "SELECT":
        return args[0] === "0" ? ok : failure("ERR", "there is database 0 alone");
      default:
        return failure("ERR", `unknown command '${name.slice(0, 64).replace(/[^\x20-\x7e]/g, "?")}'`);
    }
  }

  async #hello([version = "2", ...options]: readonly string[]): Promise<string> {
    if (version !== "2" && version !== "3") return failure("NOPROTO", "unsupported protocol version");
    const auth = options.findIndex((option) => option.toUpperCase() === "AUTH");
    if (auth >= 0) {
      const refused = await this.#refusedKey(options[auth + 2] ?? "");
      if (refused !== null) return refused;
    }
    this.#version = version === "3" ? 3 : 2;
    return pairs(
      [
        ["server", bulk("billai")],
        ["version", bulk("7.0.0")], // of Redis, whose clients look at it
        ["proto", integer(this.#version)],
        ["id", integer(this.#id)],
        ["mode", bulk("standalone")],
        ["role", bulk("master")],
        ["modules", emptyArray],
      ],
      this.#version,
    );
  }

  /** Remembers whose key it is; else the refusal. */
  async #refusedKey(apiKey: string): Promise<string | null> {
    const caller = { apiKey, address: this.#socket.remoteAddress };
    try {
      await this.#commands.principal(caller);
      this.#caller = caller;
      return null;
    } catch (error) {
      if (!(error instanceof BillingError)) throw error;
      if (error.code !== "AUTH_001") return failure(error.code, error.message);
      return failure("WRONGPASS", "AUTH_001 No such API key, or it may not be used from here");
    }
  }

  /** False where the client has not taken all of it. */
  #write(answers: string): boolean {
    this.#unsent = Buffer.from(answers);
    this.#send();
    return this.#unsent.length === 0;
  }

  /** Resolves once the client has taken what was written. */
  async #taken(): Promise<void> {
    this.#drained = Promise.withResolvers();
    await this.#drained.promise;
    this.#drained = null;
  }

  #resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  #send(): void {
    if (this.#unsent.length === 0) return;
    const sent = this.#socket.write(this.#unsent);
    if (sent < 0) this.closed();
    else this.#unsent = this.#unsent.subarray(sent);
  }
}

function nameOf(command: RawCommand | undefined): string {
  return (command?.[0] ?? "").toString("latin1").toUpperCase();
}
