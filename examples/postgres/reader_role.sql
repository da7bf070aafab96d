-- Who may read what is published in PostgreSQL, and do nothing else. Run it once, as the role of LEAD_SCORING_POSTGRES_URL, which has
-- the right to create roles, or as a superuser with `set role` to it: default privileges are those of the role that makes the tables.
-- Then each person or tool gets a login of its own:
--     create role superset login password '…' in role lead_scoring_reader;
--     alter role superset set default_transaction_read_only = on;
--     alter role superset set statement_timeout = '60s';
create schema if not exists marts;

create role lead_scoring_reader nologin;
grant usage on schema marts to lead_scoring_reader;
grant select on all tables in schema marts to lead_scoring_reader;
-- Tables that later versions publish.
alter default privileges in schema marts grant select on tables to lead_scoring_reader;
