-- One row per signature, the values of an event that rules look at, as classified. Events by the million have signatures by the
-- thousand. Derived events have those that they could have: what was viewed first, sent or entered.
with spelled as (
    select * from {{ ref('int_spelled_signatures') }}
),

contents as (
    select * from {{ ref('int_contents') }}
),

classified as (
    select
        spelled.signature_id,
        false as is_derived,
        spelled.event_type,
        spelled.object,
        coalesce(spelled.category, contents.category) as category,
        coalesce(spelled.product_id, contents.product_id) as product_id,
        spelled.campaign,
        coalesce(contents.is_sales_ready, false) as is_sales_ready
    from spelled
    left join contents
        on spelled.event_type = contents.event_type
        -- Empty text is null in raw rows, so '' can stand for null.
        and coalesce(spelled.object, '') = coalesce(contents.object, '')
),

derived_contents as (
    select distinct
        'site_visit' as event_type,
        object
    from spelled
    where event_type = 'page_view'
    union
    select distinct
        'email_ignored_streak' as event_type,
        object
    from spelled
    where event_type = 'email_sent' and object is not null
    union
    select distinct
        'stage_entered' as event_type,
        stage_id as object
    from {{ ref('stg_raw__stage_changes') }}
),

derived as (
    select
        {{ derived_signature_id('event_type', 'object') }} as signature_id,
        true as is_derived,
        event_type,
        object,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ dbt.type_string() }}) as product_id,
        cast(null as {{ dbt.type_string() }}) as campaign,
        false as is_sales_ready
    from derived_contents
),

signatures as (
    select * from classified
    union all
    select * from derived
)

select * from signatures
