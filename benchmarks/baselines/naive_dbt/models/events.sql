-- One row per raw event row, with the contact that it is of.
with recursive merges as (
    select merged_contact_id, arg_max(surviving_contact_id, merged_at) as surviving_contact_id
    from read_parquet('{{ var("raw_dir") }}/contact_merges.parquet')
    where surviving_contact_id is not null
    group by merged_contact_id
),

chains as (
    select merged_contact_id, surviving_contact_id, 1 as steps
    from merges
    union all
    select chains.merged_contact_id, merges.surviving_contact_id, chains.steps + 1
    from chains
    inner join merges on chains.surviving_contact_id = merges.merged_contact_id
),

survivors as (
    select merged_contact_id, arg_max(surviving_contact_id, steps) as surviving_contact_id
    from chains
    group by merged_contact_id
),

identities as (
    select anonymous_id, arg_min(contact_id, (identified_at, contact_id)) as contact_id
    from read_parquet('{{ var("raw_dir") }}/identities.parquet')
    where contact_id is not null
    group by anonymous_id
),

raw_events as (
    select
        *,
        lower(trim(event_type)) as type_name,
        lower(trim(object)) as object_name,
        rtrim(regexp_replace(object_name, '[?#].*$', ''), '/') as address,
    from read_parquet('{{ var("raw_dir") }}/events.parquet')
    where occurred_at < date '{{ var("as_of_date") }}' + interval 1 day
)

select
    row_number() over () as event_row,
    coalesce(survivors.surviving_contact_id, raw_events.contact_id, identities.contact_id) as contact_id,
    raw_events.type_name as event_type,
    raw_events.occurred_at,
    raw_events.value,
    lower(trim(raw_events.category)) as category,
    case
        when regexp_matches(raw_events.object_name, '^(/|https?://)')
            then coalesce(nullif(regexp_replace(raw_events.address, '^https?://[^/]*', ''), ''), '/')
        else raw_events.object_name
    end as object,
from raw_events
left join identities on raw_events.contact_id is null and raw_events.anonymous_id = identities.anonymous_id
left join survivors on coalesce(raw_events.contact_id, identities.contact_id) = survivors.merged_contact_id
