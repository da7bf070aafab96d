-- One row per contact with a counted hit: its three largest contributions as of the latest date, in plain words.
with contributions as (
    select * from {{ ref('score_contributions') }}
    where {{ comparable('abs(decayed_points)') }} >= 0.05
),

dates as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
    where is_latest
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id
            order by {{ comparable('abs(decayed_points)') }} desc, rule_id
        ) as reason_rank
    from contributions
),

worded as (
    select
        ranked.contact_id,
        ranked.reason_rank,
        -- What stands in brackets in a description says where its number comes from.
        coalesce(nullif(split_part(ranked.description, ' (', 1), ''), replace(ranked.rule_id, '_', ' '))
        || case {{ days_between('ranked.last_activity_date', 'dates.as_of_date') }}
            when 0 then ' today'
            when 1 then ' yesterday'
            else ' ' || cast({{ days_between('ranked.last_activity_date', 'dates.as_of_date') }} as {{ dbt.type_string() }}) || ' days ago'
        end
        || case when ranked.decayed_points < 0 then ' −' else ' +' end
        || cast(round({{ comparable('abs(ranked.decayed_points)') }}, 1) as {{ dbt.type_string() }}) as reason
    from ranked
    cross join dates
    where ranked.reason_rank <= 3
),

top_reasons as (
    select
        contact_id,
        {{ joined_text('reason', '; ', 'reason_rank') }} as top_reasons
    from worded
    group by contact_id
)

select * from top_reasons
