-- One row per score and band, with the score from which the next band starts (null: none).
with score_bands as (
    select * from {{ ref('score_bands') }}
),

ranged as (
    select
        score_id,
        label,
        {{ comparable('min_score') }} as min_score,
        lead({{ comparable('min_score') }}) over (partition by score_id order by min_score) as next_min_score
    from score_bands
)

select * from ranged
