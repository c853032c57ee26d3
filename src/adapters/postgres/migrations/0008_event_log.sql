-- The event log the positions in `partitions` belong to, remembered at first use: in any other they mean nothing.
create table event_log (
  one boolean primary key default true check (one),
  identity text not null,
  partitions int not null
);
insert into event_log (identity, partitions) select 'embedded', count(*) from partitions having count(*) > 0;
grant select, insert on event_log to billai_shard;
