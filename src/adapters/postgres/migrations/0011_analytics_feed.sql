-- What analytics has been fed: every commit of a partition up to fed_to, and the end of the block under way after it.
-- As of as_of there were no others.
create table analytics_feed (
  partition int primary key,
  fed_to bigint not null default 0,
  block_to bigint,
  as_of bigint
);

-- Whose tables those are; no row before the first feeding, and none where all is to be fed again.
create table analytics_identity (
  only_row boolean primary key default true check (only_row),
  identity text not null
);

grant select, insert, update, delete on analytics_feed, analytics_identity to billai_shard;
