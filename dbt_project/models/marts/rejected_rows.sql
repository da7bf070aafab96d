-- One row per raw row that could not be used, with the first reason and the row itself: nothing is lost.
with rejected as (
    select 'events' as source_table, row_key, reason, loaded_at, row_json
    from {{ ref('int_raw_rejected_events') }}
    union all
    select 'contacts' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__contacts') }}
    where rejection_reason is not null
    union all
    select 'accounts' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__accounts') }}
    where rejection_reason is not null
    union all
    select 'contact_attributes' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__contact_attributes') }}
    where rejection_reason is not null
    union all
    select 'account_attributes' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__account_attributes') }}
    where rejection_reason is not null
    union all
    select 'identities' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__identities') }}
    where rejection_reason is not null
    union all
    select 'contact_merges' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__contact_merges') }}
    where rejection_reason is not null
    union all
    select 'stage_changes' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__stage_changes') }}
    where rejection_reason is not null
    union all
    select 'score_adjustments' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__score_adjustments') }}
    where rejection_reason is not null
    union all
    select 'opportunities' as source_table, row_key, rejection_reason as reason, cast(null as {{ dbt.type_timestamp() }}) as loaded_at, row_json
    from {{ ref('base_raw__opportunities') }}
    where rejection_reason is not null
)

select * from rejected
