-- One row per account, attribute and value; attribute names in lower case, rows without a value left out.
with accepted as (
    select * from {{ ref('base_raw__account_attributes') }}
    where rejection_reason is null and value is not null
),

named as (
    select distinct
        account_id,
        lower(attribute) as attribute,
        value
    from accepted
)

select * from named
