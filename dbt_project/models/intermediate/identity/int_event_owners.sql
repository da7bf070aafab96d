-- One row per contact id or anonymous id that events may carry and that stands for another or is listed: the contact whose they are now.
-- An id without a row is its own owner, and its events wait. An anonymous one is then `anonymous:` and itself.
with survivors as (
    select * from {{ ref('int_contact_survivors') }}
),

contacts as (
    select contact_id
    from {{ ref('int_contacts') }}
),

sources as (
    select
        merged_contact_id as source_id,
        false as is_anonymous,
        contact_id as identified_contact_id
    from survivors
    where not is_in_cycle
    union all
    select
        contact_id as source_id,
        false as is_anonymous,
        contact_id as identified_contact_id
    from contacts
    union all
    select
        anonymous_id as source_id,
        true as is_anonymous,
        contact_id as identified_contact_id
    from {{ ref('stg_raw__identities') }}
),

owned as (
    select
        sources.source_id,
        sources.is_anonymous,
        coalesce(survivors.contact_id, sources.identified_contact_id) as owner_id
    from sources
    left join survivors on sources.is_anonymous and sources.identified_contact_id = survivors.merged_contact_id
),

owners as (
    select
        owned.source_id,
        owned.is_anonymous,
        owned.owner_id,
        contacts.contact_id is not null as is_listed
    from owned
    left join contacts on owned.owner_id = contacts.contact_id
)

select * from owners
