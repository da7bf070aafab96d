-- One row per day of loading whose raw rows are others than at the last completed run.
with differing as (
    {% if is_partial_run() -%}
    select coalesce(today.load_day, absorbed.load_day) as load_day
    from {{ ref('int_raw_load_days') }} as today
    full outer join {{ absorbed('int_raw_load_days') }} as absorbed on today.load_day = absorbed.load_day
    where today.row_hash is distinct from absorbed.row_hash
    {%- else -%}
    select load_day
    from {{ ref('int_raw_load_days') }}
    {%- endif %}
    union
    {{ pending_rows(['load_day']) }}
)

select
    differing.load_day,
    scope.run_id
from differing
cross join {{ ref('int_run_scope') }} as scope
