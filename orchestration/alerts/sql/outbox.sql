-- The outbox: alerts by key, those given up as a view, and what is known of days and sinks. Times are UTC texts.
create table if not exists deliveries (
    key text primary key,
    sink text not null,
    kind text not null,
    crossing_id text,
    direction text,
    as_of_date text,
    entity text,
    entity_id text,
    summary_key text,
    payload text,
    status text not null
        check (status in ('pending', 'delivered', 'dead', 'summarized', 'withdrawn', 'forgotten')),
    attempts integer not null default 0,
    next_attempt_at text not null,
    lease text,
    leased_until text,
    last_error text,
    created_at text not null,
    delivered_at text
);
create index if not exists deliveries_by_status on deliveries (status, sink);
create index if not exists deliveries_by_entity on deliveries (entity, entity_id);
create index if not exists deliveries_by_summary on deliveries (summary_key);
create view if not exists dead_letters as
select key, sink, kind, crossing_id, direction, as_of_date, entity, entity_id, attempts, last_error, created_at, payload
from deliveries
where status = 'dead';
create table if not exists state (name text primary key, value text not null);
create table if not exists paused_sinks (sink text primary key, until text not null);
