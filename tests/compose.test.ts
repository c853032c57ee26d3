import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { YAML } from "bun";
import packageJson from "../package.json" with { type: "json" };
import { type Environment, readConfig, variables } from "../src/config.ts";

interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile_inline: string };
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly retries: number;
  };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const { services, networks, volumes } = YAML.parse(
  readFileSync(join(import.meta.dir, "..", "docker-compose.yml"), "utf8"),
) as Compose;
const { billai = expect.unreachable("there is no billai"), ...engines } = services;

/** What a service sees: compose puts in what is unset here. */
function environmentOf(service: Service): Environment {
  const entries = Object.entries(service.environment ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1")]),
  );
}

describe("docker-compose.yml", () => {
  test("names one version of every image", () => {
    const built = billai.build?.dockerfile_inline ?? expect.unreachable("not built");
    const images = [...Object.values(services).map(({ image }) => image), /^FROM (\S+)$/m.exec(built)?.[1]];
    for (const image of images) expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$/);
    expect(billai.image).toBe(`billai:${packageJson.version}`);
  });

  test("runs TigerBeetle of the client's release: it refuses clients that are newer", () => {
    expect(engines.tigerbeetle?.image).toEndWith(`:${packageJson.dependencies["tigerbeetle-node"]}`);
  });

  test("asks every service how it is, and waits for the engines", () => {
    for (const [name, { healthcheck }] of Object.entries(services)) {
      expect({ name, asked: healthcheck?.test.length }).toEqual({ name, asked: expect.any(Number) });
      expect(healthcheck?.retries).toBeGreaterThan(0);
    }
    const waits = Object.entries(billai.depends_on ?? {});
    expect(waits.map(([name]) => name).sort()).toEqual(Object.keys(engines).sort());
    for (const [, { condition }] of waits) expect(condition).toBe("service_healthy");
  });

  test("keeps what must not be lost in volumes it declares", () => {
    for (const [name, { volumes: mounted = [] }] of Object.entries(services)) {
      const named = mounted.map((mount) => mount.split(":")[0]);
      expect(named).toEqual(name === "dragonfly" ? [] : [name]);
    }
    expect(Object.keys(volumes).sort()).toEqual(
      Object.keys(services)
        .filter((name) => name !== "dragonfly")
        .sort(),
    );
  });

  test("shows this machine the front port, and nobody anything else", () => {
    for (const [name, { ports, networks: joined }] of Object.entries(engines)) {
      expect({ name, ports, joined }).toEqual({ name, ports: undefined, joined: ["engines"] });
    }
    expect(networks.engines?.internal).toBe(true);
    for (const port of billai.ports ?? []) expect(port).toStartWith("127.0.0.1:");
  });

  test("gives BillAI a configuration it takes, with every engine it supports", () => {
    const given = environmentOf(billai);
    expect(readConfig(given)).toMatchObject({ host: "0.0.0.0", port: 8000, dataDir: "/data" });
    const known = variables.map(({ name }) => name);
    expect(Object.keys(given).filter((name) => !known.includes(name))).toEqual([]);
    const engineOf = variables.filter(({ name }) => !name.startsWith("BILLAI_"));
    const supported = engineOf.filter(({ meaning }) => meaning !== "still to come").map(({ name }) => name);
    expect(
      Object.keys(given)
        .filter((name) => !name.startsWith("BILLAI_"))
        .sort(),
    ).toEqual(supported.sort());
  });

  test("points BillAI at its own services, by the names and passwords they have", () => {
    const { DATABASE_URL: database, TIGERBEETLE_ADDRESSES: ledger } = environmentOf(billai);
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = environmentOf(engines.timescale ?? {});
    expect(database).toBe(`postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@timescale:5432/${POSTGRES_DB}`);
    expect(ledger).toBe("tigerbeetle:3000");
  });
});
