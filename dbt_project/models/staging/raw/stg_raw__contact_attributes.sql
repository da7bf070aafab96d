-- One row per contact, attribute and value; attribute names in lower case, rows without a value left out.
with accepted as (
    select * from {{ ref('base_raw__contact_attributes') }}
    where rejection_reason is null and value is not null
),

named as (
    select distinct
        contact_id,
        lower(attribute) as attribute,
        value
    from accepted
)

select * from named
