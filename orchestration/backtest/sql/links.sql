-- One row per id that events, stage changes and adjustments carry and that stands for a listed contact: whose it is now, and from which
-- day on that was known (null: always). A chain of merges is known when its last merge was made.
create or replace table replay.links as
with recursive merges as (
    select
        merged_contact_id,
        surviving_contact_id,
        merged_at
    from staging.stg_raw__contact_merges
    where merged_contact_id in (select merged_contact_id from intermediate.int_contact_survivors where not is_in_cycle)
),

chains as (
    select
        merged_contact_id as source_id,
        surviving_contact_id as pointer,
        merged_at as known_at
    from merges
    union all
    select
        chains.source_id,
        merges.surviving_contact_id as pointer,
        greatest(chains.known_at, merges.merged_at) as known_at
    from chains
    inner join merges on chains.pointer = merges.merged_contact_id
),

merged as (
    select
        source_id,
        max(known_at) as known_at
    from chains
    group by source_id
)

select
    owners.source_id,
    owners.is_anonymous,
    owners.owner_id,
    replay_date(greatest(identities.identified_at, merged.known_at)) as known_date
from intermediate.int_event_owners as owners
left join staging.stg_raw__identities as identities
    on owners.is_anonymous
    and owners.source_id = identities.anonymous_id
left join merged on merged.source_id = case when owners.is_anonymous then identities.contact_id else owners.source_id end
where owners.is_listed
