import { test } from "bun:test";
import { ledgerContract } from "../contracts/ledger.ts";
import { businessContract } from "../contracts/ledger_business.ts";
import { givenAddresses, tigerBeetleSubject } from "./tigerbeetle_fixture.ts";
import { givenProgram, startServer } from "./tigerbeetle_server.ts";

const addresses = givenAddresses;
if (addresses === null) {
  test.skip("unproven: the ledger in TigerBeetle; set TIGERBEETLE_ADDRESSES to a server's", () => {});
} else {
  const open = async () => tigerBeetleSubject(addresses);
  ledgerContract("the ledger in TigerBeetle", open);
  businessContract("the ledger in TigerBeetle", open, 30);
}

const program = givenProgram;
if (program === null) {
  test.skip("unproven: a server that takes small requests only; set TIGERBEETLE_BINARY to its program", () => {});
} else {
  ledgerContract("the ledger in a TigerBeetle that takes small requests only", async () => {
    const server = await startServer(program);
    const subject = tigerBeetleSubject(server.addresses);
    const close = async () => {
      await subject.close();
      await server.close();
    };
    return { ...subject, close };
  });
}
