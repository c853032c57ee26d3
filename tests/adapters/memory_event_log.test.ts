import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { eventLogContract, partitions } from "../contracts/event_log.ts";

eventLogContract("the event log in memory", {
  open: async (options) => openMemoryEventLog(partitions, options?.pendingBytesMax),
  reopen: null,
  histories: 200,
});
