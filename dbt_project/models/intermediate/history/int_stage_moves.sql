-- One row per recorded scoring date and stage of the rule book: contacts that entered it in the last 30 days, and contacts
-- that in that time went from it straight to a later stage that does not disqualify.
with entries as (
    select * from {{ ref('int_stage_entries') }}
    where is_known
),

history as (
    select
        as_of_date,
        contact_id
    from {{ ref('score_history') }}
    where not is_excluded
),

dates as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
    where is_recorded
),

moves as (
    select
        dates.as_of_date,
        entries.stage_id,
        count(distinct case
            when entries.entered_date <= dates.as_of_date and entries.entered_date > {{ add_days('dates.as_of_date', -30) }}
                then entries.contact_id
        end) as entered_30d,
        count(distinct case
            when
                entries.next_entered_date <= dates.as_of_date
                and entries.next_entered_date > {{ add_days('dates.as_of_date', -30) }}
                and entries.next_position > entries.position
                and not entries.next_is_disqualified
                then entries.contact_id
        end) as moved_on_30d
    from entries
    inner join dates on entries.entered_date <= dates.as_of_date
    inner join history
        on entries.contact_id = history.contact_id
        and dates.as_of_date = history.as_of_date
    group by dates.as_of_date, entries.stage_id
)

select * from moves
