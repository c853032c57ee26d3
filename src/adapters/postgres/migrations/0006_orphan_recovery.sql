-- What became of an orphan event: the action that ended it, by whom, and why where it was discarded.
alter table orphan_events add column action text, add column by text, add column note text;

-- Passes over what may fit by now look at open ones alone, oldest first.
create index orphan_events_open on orphan_events (company_id, received_at, id) where state = 'open';
