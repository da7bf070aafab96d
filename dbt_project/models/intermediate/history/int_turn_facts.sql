-- One row per recomputed turn: what happened to its contact, or to its account's members, that day.
with turns as (
    select turns.*
    from {{ ref('int_threshold_turns') }} as turns
    inner join {{ ref('int_history_days') }} as days on turns.as_of_date = days.as_of_date
    where days.is_recomputed
),

-- Of a history of years, the days on which something turned and those before.
days_read as (
    select as_of_date from turns
    union
    select previous_date as as_of_date from turns
),

contacts as (
    select * from {{ ref('score_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
),

accounts as (
    select * from {{ ref('account_score_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
),

turn_entities as (
    select distinct
        entity,
        entity_id,
        as_of_date,
        previous_date
    from turns
),

-- The contacts whose doings count for a turn: itself, or the account's members of that day and of the day before.
people as (
    select
        turn_entities.entity,
        turn_entities.entity_id,
        turn_entities.as_of_date,
        turn_entities.entity_id as contact_id,
        true as is_member_now,
        true as is_member_before
    from turn_entities
    where turn_entities.entity = 'contact'
    union all
    select
        turn_entities.entity,
        turn_entities.entity_id,
        turn_entities.as_of_date,
        contacts.contact_id,
        bool_or(contacts.as_of_date = turn_entities.as_of_date) as is_member_now,
        bool_or(contacts.as_of_date = turn_entities.previous_date) as is_member_before
    from turn_entities
    inner join contacts
        on turn_entities.entity_id = contacts.account_id
        and not contacts.is_excluded
        and contacts.as_of_date in (turn_entities.as_of_date, turn_entities.previous_date)
    where turn_entities.entity = 'account'
    group by turn_entities.entity, turn_entities.entity_id, turn_entities.as_of_date, contacts.contact_id
),

deeds as (
    select contact_id, entered_date as deed_date, 'reset' as deed
    from {{ ref('int_stage_entries') }}
    where resets_score
    union
    select contact_id, activity_date as deed_date, 'activity' as deed
    from {{ ref('int_ledger') }}
    where credited_hits > 0 and activity_date in (select days_read.as_of_date from days_read)
    union
    select contact_id, in_force_from as deed_date, 'adjustment' as deed
    from {{ ref('int_adjustments') }}
    where in_force_to is null or in_force_to > in_force_from
    union
    select contact_id, in_force_to as deed_date, 'adjustment' as deed
    from {{ ref('int_adjustments') }}
    where in_force_to > in_force_from
),

people_facts as (
    select
        people.entity,
        people.entity_id,
        people.as_of_date,
        coalesce(bool_or(deeds.deed = 'reset' and people.is_member_now), false) as has_reset,
        coalesce(bool_or(deeds.deed = 'activity' and people.is_member_now), false) as has_activity,
        coalesce(bool_or(deeds.deed = 'adjustment' and people.is_member_now), false) as has_adjustment,
        bool_or(people.is_member_now <> people.is_member_before) as has_other_members
    from people
    left join deeds
        on people.contact_id = deeds.contact_id
        and people.as_of_date = deeds.deed_date
    group by people.entity, people.entity_id, people.as_of_date
),

profile_moves as (
    select
        turn_entities.entity,
        turn_entities.entity_id,
        turn_entities.as_of_date,
        before.contact_id is null
        or {{ comparable('after.fit_score') }} <> {{ comparable('before.fit_score') }}
        or after.is_excluded <> before.is_excluded
        or coalesce(after.account_id, '') <> coalesce(before.account_id, '') as has_other_profile
    from turn_entities
    inner join contacts as after
        on turn_entities.entity_id = after.contact_id
        and turn_entities.as_of_date = after.as_of_date
    left join contacts as before
        on turn_entities.entity_id = before.contact_id
        and turn_entities.previous_date = before.as_of_date
    where turn_entities.entity = 'contact'
    union all
    select
        turn_entities.entity,
        turn_entities.entity_id,
        turn_entities.as_of_date,
        before.account_id is null
        or {{ comparable('after.account_fit_score') }} <> {{ comparable('before.account_fit_score') }} as has_other_profile
    from turn_entities
    inner join accounts as after
        on turn_entities.entity_id = after.account_id
        and turn_entities.as_of_date = after.as_of_date
    left join accounts as before
        on turn_entities.entity_id = before.account_id
        and turn_entities.previous_date = before.as_of_date
    where turn_entities.entity = 'account'
),

facts as (
    select
        turns.*,
        coalesce(people_facts.has_reset, false) as has_reset,
        coalesce(people_facts.has_activity, false) as has_activity,
        coalesce(people_facts.has_adjustment, false) as has_adjustment,
        coalesce(profile_moves.has_other_profile, false) or coalesce(people_facts.has_other_members, false) as has_other_profile
    from turns
    left join people_facts
        on turns.entity = people_facts.entity
        and turns.entity_id = people_facts.entity_id
        and turns.as_of_date = people_facts.as_of_date
    left join profile_moves
        on turns.entity = profile_moves.entity
        and turns.entity_id = profile_moves.entity_id
        and turns.as_of_date = profile_moves.as_of_date
)

select * from facts
