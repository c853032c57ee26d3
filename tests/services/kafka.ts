import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kafkaJars } from "./kafka_jars.ts";
import { freePort, run, type Service, Unavailable, until } from "./service.ts";

const startWaitMsMax = 60_000;
const java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
const quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";

/** A running broker. */
export interface Broker {
  /** `host:port`, as clients are to be told. */
  readonly address: string;
  readonly folder: string;
  /** kill -9; what it has is in its folder, for `startBroker` to take up again at the same address. */
  kill(): Promise<void>;
  /** Makes it hang, and go on. */
  pause(): void;
  resume(): void;
  /** Asks it to stop, then removes its folder. */
  stop(): Promise<void>;
}

/** Starts a broker for tests; `KAFKA_BROKERS` tells where it is. Throws Unavailable without Java or its jars. */
export async function start(): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), "billai-kafka-"));
  try {
    const broker = await startBroker(folder);
    return { env: { KAFKA_BROKERS: broker.address }, stop: broker.stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Starts a broker that keeps everything in `folder`: a new one, or the one that was killed there. */
export async function startBroker(folder: string): Promise<Broker> {
  if (Bun.which("java") === null) throw new Unavailable("java is not installed");
  const jars = `${await kafkaJars()}/*`;
  const settings = join(folder, "server.properties");
  if (!existsSync(settings)) await format(folder, settings, jars);
  const address =
    /^advertised\.listeners=PLAINTEXT:\/\/(.*)$/m.exec(readFileSync(settings, "utf8"))?.[1] ?? "";
  const log = join(folder, "broker.log");
  const child = Bun.spawn([...java, quiet, "-cp", jars, "kafka.Kafka", settings], {
    stdin: "ignore",
    stdout: Bun.file(log),
    stderr: Bun.file(log),
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  try {
    await until(`the broker at ${address}`, startWaitMsMax, async () => {
      if (child.exitCode !== null)
        throw new Unavailable(`Kafka ended: ${readFileSync(log, "utf8").slice(-800)}`);
      return listens(address);
    });
  } catch (error) {
    await kill();
    throw error;
  }
  const [pause, resume] = [() => child.kill("SIGSTOP"), () => child.kill("SIGCONT")];
  return { address, folder, kill, pause, resume, stop };
}

/** Makes an empty log folder for a broker that is its own and only controller. */
async function format(folder: string, settings: string, jars: string): Promise<void> {
  const [port, controller] = [await freePort(), await freePort()];
  const lines = [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    "controller.listener.names=CONTROLLER",
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    `log.dirs=${join(folder, "data")}`,
    "auto.create.topics.enable=false",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.num.partitions=1",
    "group.initial.rebalance.delay.ms=0",
    "log.index.size.max.bytes=65536", // each partition sets this aside twice
  ];
  writeFileSync(settings, `${lines.join("\n")}\n`);
  const id = crypto.getRandomValues(new Uint8Array(16)).with(0, 0); // an id may not begin with a dash
  const cluster = Buffer.from(id).toString("base64url");
  await run([
    ...java,
    quiet,
    "-cp",
    jars,
    "kafka.tools.StorageTool",
    "format",
    "-t",
    cluster,
    "-c",
    settings,
  ]);
}

function listens(address: string): Promise<boolean> {
  const [host = "", port] = address.split(":");
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(Number(port), host);
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
