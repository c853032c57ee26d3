-- Where the owner of a partition is reached by the other processes; null where it has none.
alter table partitions add column owner text;
