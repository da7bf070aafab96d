-- One row per contact and moment of a reset, with the one before: a reset ends what happened up to it and after that one.
with resets as (
    select distinct
        contact_id,
        entered_at as reset_at,
        entered_date as reset_date
    from {{ ref('int_stage_entries') }}
    where resets_score
),

ranged as (
    select
        contact_id,
        reset_at,
        reset_date,
        lag(reset_at) over (partition by contact_id order by reset_at) as previous_reset_at,
        lag(reset_date) over (partition by contact_id order by reset_at) as previous_reset_date
    from resets
)

select * from ranged
