-- One row per entry of a contact into a stage: a change that differs from the one before, with the entry that follows it.
with stage_changes as (
    select * from {{ ref('stg_raw__stage_changes') }}
),

survivors as (
    select * from {{ ref('int_contact_survivors') }}
),

contacts as (
    select contact_id
    from {{ ref('int_contacts') }}
),

stages as (
    select
        stage_id,
        position,
        coalesce(resets_score, false) as resets_score,
        coalesce(is_disqualified, false) as is_disqualified,
        coalesce(is_customer, false) as is_customer
    from {{ ref('stages') }}
),

changes as (
    select
        contacts.contact_id,
        stage_changes.stage_id,
        stage_changes.changed_at,
        coalesce(stages.position, -1) as position,
        stages.stage_id is not null as is_known,
        coalesce(stages.resets_score, false) as resets_score,
        coalesce(stages.is_disqualified, false) as is_disqualified,
        coalesce(stages.is_customer, false) as is_customer
    from stage_changes
    left join survivors on stage_changes.contact_id = survivors.merged_contact_id
    inner join contacts on coalesce(survivors.contact_id, stage_changes.contact_id) = contacts.contact_id
    left join stages on stage_changes.stage_id = stages.stage_id
),

compared as (
    select
        *,
        lag(stage_id) over (partition by contact_id order by changed_at, position, stage_id) as previous_stage_id
    from changes
),

entries as (
    select
        contact_id,
        stage_id,
        position,
        is_known,
        resets_score,
        is_disqualified,
        is_customer,
        changed_at as entered_at,
        {{ activity_date('changed_at') }} as entered_date
    from compared
    where previous_stage_id is null or stage_id <> previous_stage_id
),

followed as (
    select
        *,
        lead(entered_date) over (partition by contact_id order by entered_at, position, stage_id) as next_entered_date,
        -- Null for a stage that the rule book does not know: it lies nowhere on the journey.
        lead(case when is_known then position end) over (
            partition by contact_id order by entered_at, position, stage_id
        ) as next_position,
        lead(is_disqualified) over (partition by contact_id order by entered_at, position, stage_id) as next_is_disqualified
    from entries
)

select * from followed
