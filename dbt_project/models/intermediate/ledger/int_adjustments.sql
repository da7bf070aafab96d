-- One row per adjustment of a listed contact: in force from in_force_from until before in_force_to, counting until reset_date.
with adjustments as (
    select * from {{ ref('stg_raw__score_adjustments') }}
),

survivors as (
    select * from {{ ref('int_contact_survivors') }}
),

contacts as (
    select contact_id
    from {{ ref('int_contacts') }}
),

reset_days as (
    select
        contact_id,
        reset_date,
        lag(reset_date) over (partition by contact_id order by reset_date) as previous_reset_date
    from (
        select distinct
            contact_id,
            reset_date
        from {{ ref('int_score_resets') }}
    ) as distinct_days
),

moved as (
    select
        contacts.contact_id,
        adjustments.group_id,
        adjustments.adjustment_id,
        adjustments.points,
        adjustments.reason,
        adjustments.effective_date as in_force_from,
        adjustments.expires_date as in_force_to,
        reset_days.reset_date
    from adjustments
    left join survivors on adjustments.contact_id = survivors.merged_contact_id
    inner join contacts on coalesce(survivors.contact_id, adjustments.contact_id) = contacts.contact_id
    left join reset_days
        on contacts.contact_id = reset_days.contact_id
        and adjustments.effective_date <= reset_days.reset_date
        and (reset_days.previous_reset_date is null or adjustments.effective_date > reset_days.previous_reset_date)
)

select * from moved
