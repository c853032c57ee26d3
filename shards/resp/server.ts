import { limits } from "../../src/limits.ts";
import { unusablePort } from "../http/server.ts";
import { type CommandParts, Commands } from "./commands.ts";
import { Connection } from "./connection.ts";

/** Where Redis clients ask. */
export interface RespServer {
  /** Such as `redis://127.0.0.1:6380`. */
  readonly url: string;
  /** Takes no more commands, answers those under way for a bounded time, then closes everything. */
  stop(): Promise<void>;
}

export interface RespServerOptions extends CommandParts {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Whether other processes listen on the same port. */
  readonly sharesPorts: boolean;
}

/** Opens the RESP port. Throws VAL_001 with one clear line where it is taken. */
export function startRespServer(options: RespServerOptions): RespServer {
  const { host, port, sharesPorts } = options;
  const commands = new Commands(options);
  const connections = new Set<Connection>();
  let opened = 0;
  const listener = listen(host, port, sharesPorts, {
    open: (socket) => {
      opened += 1;
      socket.data = new Connection(socket, commands, opened);
      socket.timeout(limits.respIdleSMax);
      connections.add(socket.data);
    },
    data: (socket, bytes) => socket.data?.receive(bytes),
    drain: (socket) => socket.data?.drain(),
    timeout: (socket) => socket.data?.finish(),
    end: (socket) => socket.data?.finish(),
    close: (socket) => {
      if (socket.data === null) return;
      socket.data.closed();
      connections.delete(socket.data);
    },
    error: (socket) => socket.terminate(),
  });
  const stop = async (): Promise<void> => {
    listener.stop();
    for (const connection of connections) connection.finish();
    const deadline = performance.now() + limits.stopWaitMsMax;
    while ([...connections].some(({ isIdle }) => !isIdle) && performance.now() < deadline)
      await Bun.sleep(10);
    listener.stop(true);
  };
  return { url: `redis://${host.includes(":") ? `[${host}]` : host}:${listener.port}`, stop };
}

type Handlers = Bun.SocketHandler<Connection | null>;

function listen(hostname: string, port: number, reusePort: boolean, socket: Handlers) {
  // Apart from the call, as its type does not know `reusePort`.
  const options = { hostname, port, reusePort, socket, data: null };
  try {
    return Bun.listen<Connection | null>(options);
  } catch (error) {
    throw unusablePort("the RESP port", hostname, port, "set BILLAI_RESP_PORT to another one", error);
  }
}
