/** Every bound of the system, named, with its reason. Units are last in the name. */
export const limits = {
  /** Fixed for a deployment's life: a customer's partition follows from its name. */
  partitions: 64,

  /** Usage events of one request, as API.md §3 says. */
  eventsPerRequestMax: 1000,
  /** A batch of 1,000 events of 1 KiB; more is a mistake or an attack. */
  requestBodyBytesMax: 1_048_576,
  /** How far ahead of real time an event may lie: senders' clocks are off by minutes, not hours. */
  eventAheadMs: 3_600_000,
  /** On a test clock the future is filled first and then advanced into. */
  eventAheadOnTestClockMs: 2 * 366 * 86_400_000,

  /** Bounds the memory of appends that wait for the disk; beyond it senders are told to come back. */
  eventLogPendingBytesMax: 64 * 1_048_576,
  /** Records just appended are read again at once; this keeps them from the disk. */
  eventLogTailBytesMax: 32 * 1_048_576,

  /** One batch of a partition on its way to a broker: below the 1 MiB that brokers take unless told otherwise. */
  eventLogBatchBytesMax: 786_432,
  /** Larger than any request makes, as written to a broker's topic when it is created. */
  eventLogRecordBytesMax: 2 * 1_048_576,
  /** How long a broker keeps records: a shard that was away for longer has lost its place. */
  eventLogRetentionMs: 35 * 86_400_000,
  /** An append without an answer by then is given up as away; its sender may send it again. */
  eventLogAppendMsMax: 10_000,
  /** Any other question to a broker. */
  eventLogAnswerMsMax: 5_000,
  /** Read ahead of what is being applied, by partition and in all: a partition beyond it is not asked for more. */
  eventLogAheadPartitionBytesMax: 524_288,
  eventLogAheadBytesMax: 64 * 1_048_576,
  /** One answer of a broker to a question for records. */
  eventLogFetchBytesMax: 4 * 1_048_576,
  /** How long a broker may wait for records before it answers that there are none; shorter while a partition waits for room. */
  eventLogFetchWaitMsMax: 250,
  eventLogFetchWaitMsPaused: 10,
  /** Longest wait between attempts to reach a broker that is away. */
  eventLogRetryMsMax: 1_000,

  /** A process the group of shards has not heard of for so long is out, and others get its partitions: a crash costs this wait. */
  groupSessionMs: 10_000,
  /** How often the group hears of a process: a hand-over waits for each to do so, twice where it takes partitions from it. */
  groupHeartbeatMs: 500,
  /** How long a change of the group waits for a process that is heard of but takes no part. */
  groupRebalanceMs: 30_000,
  /** A broker that has not heard a farewell by then finds out when the session ends. */
  groupLeaveMsMax: 2_000,
  /** How long a process that could not take its partitions over waits before it tries again. */
  groupRetryMsMax: 1_000,
  /** Text of a record that could not be applied; more would not help to see why. */
  deadLetterCharactersMax: 65_536,

  /** The in-process cache holds keys and sessions: a hundred thousand of them. */
  cacheBytesMax: 32 * 1_048_576,
  /** No request waits longer for a cache server; beyond it the process goes on without. */
  cacheWaitMsMax: 50,
  /** How often a cache server that is away is tried again, which no request waits for. */
  cacheProbeMs: 250,
  /** Longest wait between attempts to reach it. */
  cacheReconnectMsMax: 1000,
  /** A connection that owes an answer for so long leads nowhere and is opened anew. */
  cacheSilenceMsMax: 2000,

  /** A batch is one transaction: large enough to amortise its commit, small enough to answer soon. */
  batchEventsMax: 1000,
  batchRecordsMax: 256,
  batchBytesMax: 4 * 1_048_576,
  batchCommandsMax: 1000,
  /** Partitions of a process that commit at the same time: enough to keep the store busy; the others gather meanwhile. */
  turnsAtOnce: 3,
  /** Commands waiting per partition before new ones are refused. */
  inboxCommandsMax: 10_000,
  /** Records of the log a partition may be behind before new events are refused: half a minute's work or so. */
  partitionLagRecordsMax: 20_000,

  /** Recovery replays at most this many facts of a customer beyond its snapshot. */
  snapshotEveryFacts: 200,
  /** Full collections pause longer the more actors live; beyond it the least recently used become passive. */
  liveActorsMax: 150_000,
  /** What live actors take in memory, estimated by their snapshots: few of them may have very much to remember. */
  liveActorBytesMax: 1024 * 1_048_576,
  /** Customers made live again when a partition is gained, in its idle moments: those with most usage of late. */
  warmActorsPerPartition: 200,
  /** They wait for the first requests, which a start or another process's end has held up. */
  warmAfterMs: 250,
  warmActorsAtOnce: 25,
  /** The newest usage rows of a partition by which they are found. */
  warmUsageRowsMax: 5000,
  /** Ids remembered per generation, two generations: hints that save a look-up. */
  recentIdsPerGeneration: 500_000,
  /** Names of customers kept resolved. */
  customerRefsMax: 500_000,
  /** Distinct groups of one price in one period; each is a line of the invoice. */
  groupsPerLineMax: 10_000,

  /** Accounts remembered as open, so that commits need not open them again: a customer has two or three. */
  openAccountsMax: 500_000,
  /** Transfers of one request to the ledger: what TigerBeetle takes at most. */
  ledgerTransfersPerPost: 8189,
  /** Products and jurisdictions the chain of an invoice names, with room for its other legs; what is beyond has no name. */
  ledgerNamesPerInvoiceMax: 8000,
  /** Commits of one partition that are posted together. */
  ledgerRowsPerPartition: 64,
  ledgerPublishEveryMs: 100,
  /** Requests to TigerBeetle never time out by themselves; after this the outcome counts as unknown. */
  ledgerAnswerMsMax: 10_000,
  /** Requests that wait for the ledger at once: beyond it whoever reads is turned away. */
  ledgerCallsMax: 256,
  /** What the ledger's auditor looks at before it rests: so little that nobody notices. */
  auditRowsPerRound: 10,
  auditEveryMs: 2000,
  /** Breaches remembered so that each is said once. */
  auditBreachesMax: 10_000,
  /** Accounts one page of transfers is read for: a customer has few, but for many subscriptions and spend limits. */
  ledgerAccountsPerQueryMax: 1000,

  /** Usage events of one period read again, after a void or for a simulation: more take too long and too much memory. */
  historyEventsMax: 1_000_000,

  /** Orphan events offered again at once, by themselves or in bulk: a batch like any other. */
  orphansPerRound: 1000,
  /** While what orphan events lack keeps coming, they are tried this often. */
  orphanRoundEveryMs: 500,

  /** Stored events read at once when an invoice's usage is measured anew; between pages others have their turn. */
  proofEventsPerPage: 1000,
  /** Periods whose usage is measured anew together. */
  proofsAtOnce: 100,

  /** Windows of one report: a week of minutes has 10,080. */
  reportWindowsMax: 10_080,
  /** Cells worked out for one report, whatever part of them is answered. */
  reportCellsMax: 100_000,
  /** Rows of a report's answer. */
  reportRowsMax: 10_000,
  reportRowsDefault: 1000,
  reportGroupsMax: 5,
  /** Customers or subscriptions one report names: each is looked up. */
  reportRefsMax: 100,
  /** Events a report reads from the store itself, where analytics cannot answer it. */
  reportEventsMax: 200_000,
  reportEventsPerPage: 5000,
  /** Rows fed to analytics as one block, where several commits together have so many. */
  feedRowsMax: 20_000,
  /** How long a row waits for others before it is fed. */
  feedEveryMs: 1000,
  /** How often a feed with nothing to do looks whether the tables are still those it has fed. */
  feedCheckEveryMs: 10_000,
  /** How often a feeding from the beginning says how far it has got. */
  feedTellEveryMs: 5000,
  /** A report goes by analytics that is no further behind than this. */
  analyticsLagMsMax: 10_000,
  /** Hours compared with the store at once, and the rest between. */
  reconcileHours: 24 * 31,
  reconcileEveryMs: 5000,
  /** How often, and after what pauses, it is looked whether every process has fed what a comparison needs. */
  reconcileLooksMax: 10,
  reconcileLookEveryMs: 500,
  /** Hours fed again in one round: more differ only where all is to be rebuilt. */
  reconcileRepairsMax: 100,
  /** Rows made ready for analytics in one go: a millisecond or two, between which everything else goes on. */
  analyticsRowsPerTurn: 100,
  /** Memory of chDB in all, and of each of its caches, whose own bounds are 5 GB. */
  analyticsEngineBytesMax: 1536 * 1_048_576,
  analyticsCacheBytes: 64 * 1_048_576,
  /** Memory of one question to analytics, and how long it may take. */
  analyticsBytesMax: 1024 * 1_048_576,
  analyticsAnswerMsMax: 30_000,

  /** Totals of usage by hour read at once: a year of one event type has 8,760. */
  usageHoursMax: 10_000,
  /** Usage rows one transaction adds to the totals: half a second of work. */
  usageTotalsRowsMax: 50_000,
  /** How old a chart may be. */
  usageTotalsEveryMs: 60_000,
  /** Partitions of usage made for the months before this one, for what comes late, and ahead, should nobody look. */
  usageMonthsBehind: 2,
  usageMonthsAhead: 3,
  /** Usage rows moved into a new month's partition, while commits into the rest wait. */
  usageRowsMovedMax: 100_000,

  /** Lines of a simulation; each may stand for many events. */
  simulatedEventsMax: 10_000,
  /**
   * Due customers woken at once: period ends of one midnight pass in rounds. Some sixty of each partition, which share a
   * commit and hold up what else it has for some ten milliseconds.
   */
  wakesPerRound: 4000,
  /** How far two machines' clocks may be apart before somebody should look at them. */
  clockSkewMsMax: 1000,
  /** A data directory with less room should be looked at, and with less than the other cannot be relied on. */
  diskFreeBytesLow: 5 * 1024 ** 3,
  diskFreeBytesMin: 256 * 1024 ** 2,
  /** How late an alarm on real time may ring. */
  alarmEveryMs: 500,
  /** Deeper JSON is no document but an attack on whatever walks it. */
  jsonDepthMax: 64,
  /** How far a test clock moves at once; more is a slip of the pen that would bill for decades. */
  testClockAdvanceMsMax: 5 * 366 * 86_400_000,
  /** Expired answers do no harm but take room. */
  housekeepingEveryMs: 3_600_000,
  /** A list's page. */
  pageRowsMax: 100,
  pageRowsDefault: 25,
  /** How long a first answer is replayed under its Idempotency-Key. */
  idempotencyKeptMs: 30 * 86_400_000,
  idempotencyKeyCharactersMax: 255,
  /** The echo of a request helps to debug; whole documents do not. */
  echoStringCharactersMax: 200,
  echoItemsMax: 50,
  echoDepthMax: 8,
  /** A name longer than this is cut in messages. */
  namedFieldCharactersMax: 120,
  /** A connection on which nothing moves is closed; advancing a test clock by years takes its time. */
  connectionIdleSMax: 255,
  /** An answer that takes longer than this at shutdown is abandoned. */
  stopWaitMsMax: 10_000,
  /** Nobody waits for analytics to end: what it did not take is fed again. */
  stopAnalyticsMsMax: 1_000,

  /** An access token outlives nothing important: its session is looked up anyway. */
  accessTokenMs: 600_000,
  refreshTokenMs: 30 * 86_400_000,
  /** How long a key or session may be taken from the cache: revoking takes effect within a second. */
  credentialCachedMs: 900,
  /**
   * Whose key or session was good when the store went away is believed for so long, so that events are taken on; for
   * little else, as all else needs the store.
   */
  credentialKnownMs: 300_000,
  credentialsKnownMax: 100_000,
  /** How long a look at the store may take before that applies. */
  credentialWaitMsMax: 2000,
  /** Wrong passwords per account, and per address; the window gives as many back, spread evenly. */
  loginFailuresPerAccount: 10,
  loginFailuresPerAddress: 50,
  loginWindowMs: 300_000,
  /** Requests for tokens from one address, behind which may sit a whole company. */
  authBurst: 200,
  authPerSecond: 10,
  /** A password check takes 19 MiB and 25 ms of a core; more at once would starve everything else. */
  passwordChecksAtOnce: 2,
  passwordChecksWaitingMax: 100,
  passwordCharactersMin: 12,
  passwordCharactersMax: 1024,
  /** Addresses or ranges of one API key. */
  allowedAddressesMax: 50,

  /** What one company may do, against one that would starve the others; a single key or user gets half of it. */
  readsPerSecond: 10_000,
  writesPerSecond: 5000,
  /** Usage events, per process: more than a process takes in, so that only misuse meets it. */
  eventsPerSecond: 1_000_000,
  /** So many seconds' worth may come at once, after a pause. */
  rateBurstSeconds: 10,
  /** Buckets a process keeps: those of so many keys and addresses at a time; each takes some 200 bytes. */
  rateBucketsMax: 100_000,
  /** A bucket is kept in a cache server for longer than it takes to empty: clocks differ. */
  rateBucketKeptMs: 60_000,

  /** A dependency that has not answered by then counts as down; `/health` must say so within two seconds. */
  healthWaitMsMax: 1500,
  /** A question of `/health` that was never answered is asked anew after this. */
  healthAskedAgainMs: 2000,
  /** Longest pause before a shard process that keeps ending is started again. */
  shardRestartMsMax: 10_000,
  /** How old the knowledge may be which process has which partition, where nothing has failed yet. */
  ownersEveryMs: 1000,
  /** How long a request waits for a partition that changes hands before it is told to come again. */
  handOverWaitMsMax: 5000,
  /** How long another process may take to answer what it was forwarded. */
  peerAnswerMsMax: 30_000,
  /** How long a process that may be gone holds up news for all. */
  peerTellMsMax: 2000,
  /** Records handed to another process at once. */
  peerEntriesMax: 1000,
  /** Somebody waits for what a request asks of the store: after this it is told that the store is away. */
  storeRequestMsMax: 10_000,
  /** Reservations of one customer that are open at once: each is looked at for every event. */
  reservationsPerCustomerMax: 1000,
  /** Longest time budget is held. */
  reservationSMax: 86_400,
  /** Arguments of a command on the RESP port; none has more than five. */
  respArgumentsMax: 16,
  /** One command on the RESP port, all its arguments: that of one event is far less. */
  respCommandBytesMax: 1024 * 1024,
  /** A command on the RESP port that is typed as a line of words. */
  respInlineBytesMax: 64 * 1024,
  /** A RESP connection on which nothing comes for so long ends; clients open another. */
  respIdleSMax: 3600,
  /** Commands of one RESP connection that are run together; while more wait than that, no more are read. */
  respCommandsAtOnceMax: 1000,
  /** Longest wait between attempts to reach a store that is away. */
  storeRetryMsMax: 2000,
} as const;
