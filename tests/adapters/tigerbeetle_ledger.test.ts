import { test } from "bun:test";
import { ledgerContract } from "../contracts/ledger.ts";
import { givenAddresses, tigerBeetleSubject } from "./tigerbeetle_fixture.ts";

const addresses = givenAddresses;
if (addresses === null) {
  test.skip("unproven: the ledger in TigerBeetle; set TIGERBEETLE_ADDRESSES to a server's", () => {});
} else {
  ledgerContract("the ledger in TigerBeetle", async () => tigerBeetleSubject(addresses));
}
