-- One row per contact and custom score as of the latest date.
with custom_scores as (
    select
        custom_scores.contact_id,
        custom_scores.score_id,
        custom_scores.as_of_date,
        custom_scores.score,
        custom_scores.band
    from {{ ref('int_custom_scores') }} as custom_scores
    inner join {{ ref('int_scoring_dates') }} as dates
        on custom_scores.as_of_date = dates.as_of_date
        and dates.is_latest
)

select * from custom_scores
