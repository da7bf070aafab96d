-- One row per contact: fit score inside the clamp (before exclusion) and the share of the weights that is known.
with criteria as (
    select * from {{ ref('int_contact_fit_criteria') }}
),

fit_range as (
    select
        floor,
        ceiling
    from {{ ref('scores') }}
    where score_id = 'fit'
),

sums as (
    select
        contact_id,
        {{ exact_sum('weighted_points') }} as fit_points,
        {{ exact_sum('case when is_known then weight else 0.0 end') }} / 100.0 as fit_completeness
    from criteria
    group by contact_id
),

clamped as (
    select
        sums.contact_id,
        {{ clamp('sums.fit_points', 'fit_range.floor', 'fit_range.ceiling') }} as fit_score,
        sums.fit_completeness
    from sums
    cross join fit_range
)

select * from clamped
