import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, run } from "./service.ts";

/** The newest broker when this was written; it runs on Java 17. */
export const kafkaVersion = "4.4.0";
const fetchesMax = 3;

/** What the broker is made of; slf4j-simple only writes what it has to say. */
const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>billai</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** The folder with the broker's jars, fetched from Maven Central the first time. Throws Unavailable. */
export async function kafkaJars(): Promise<string> {
  const home = cacheFolder("kafka");
  const jars = join(home, kafkaVersion);
  if (existsSync(jars)) return jars;
  const work = mkdtempSync(join(tmpdir(), "billai-kafka-jars-"));
  try {
    writeFileSync(join(work, "pom.xml"), project);
    const fresh = mkdtempSync(join(home, "fetching-"));
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${fresh}`];
    await retried(() => run(["mvn", "-q", "-B", "-f", join(work, "pom.xml"), ...goal]));
    putInPlace(fresh, jars);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return jars;
}

/** Whole or not at all, also where two processes fetch at once. */
function putInPlace(fresh: string, jars: string): void {
  try {
    renameSync(fresh, jars);
  } catch (error) {
    if (!existsSync(jars) || readdirSync(jars).length === 0) throw error;
    rmSync(fresh, { recursive: true });
  }
}

async function retried(fetchAll: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchAll();
    } catch (error) {
      if (attempt === fetchesMax) throw error;
    }
  }
}
