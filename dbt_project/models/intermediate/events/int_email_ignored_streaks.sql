-- One row per third ignored send in a row; a read one restarts the count, an unknown one is passed over.
{{ config(materialized='view') }}

with sends as (
    select * from {{ ref('int_email_sends') }}
    where verdict in ('read', 'ignored')
),

runs as (
    select
        *,
        sum(case when verdict = 'read' then 1 else 0 end) over (
            partition by contact_id
            order by sent_at, event_id
            rows between unbounded preceding and current row
        ) as reads_so_far
    from sends
),

counted as (
    select
        *,
        row_number() over (partition by contact_id, reads_so_far order by sent_at, event_id) as ignored_in_a_row
    from runs
    where verdict = 'ignored'
),

streaks as (
    select
        event_id as send_event_id,
        contact_id,
        object,
        grace_ends_at
    from counted
    where ignored_in_a_row % 3 = 0
)

select * from streaks
