-- One row per contact, stage and moment of an accepted stage change; a stage of the rule book takes its spelling there.
with accepted as (
    select * from {{ ref('base_raw__stage_changes') }}
    where rejection_reason is null
),

stages as (
    select stage_id as known_stage_id
    from {{ ref('stages') }}
),

spelled as (
    select distinct
        accepted.contact_id,
        coalesce(stages.known_stage_id, accepted.stage_id) as stage_id,
        accepted.changed_at
    from accepted
    left join stages on lower(accepted.stage_id) = lower(stages.known_stage_id)
)

select * from spelled
