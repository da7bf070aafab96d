-- One row per contact, rule, activity date, object, product and date of the reset that ends it (null: none).
-- It holds no points and no date of scoring: one ledger serves every rule book change of numbers and every as_of_date.
with hits as (
    select * from {{ ref('int_hits') }}
),

resets as (
    select * from {{ ref('int_score_resets') }}
),

ledger as (
    select
        hits.contact_id,
        hits.rule_id,
        hits.activity_date,
        hits.object,
        hits.product_id,
        resets.reset_date,
        count(*) as hits,
        sum(case when hits.is_credited then 1 else 0 end) as credited_hits
    from hits
    left join resets
        on hits.contact_id = resets.contact_id
        and hits.occurred_at <= resets.reset_at
        and (resets.previous_reset_at is null or hits.occurred_at > resets.previous_reset_at)
    group by
        hits.contact_id,
        hits.rule_id,
        hits.activity_date,
        hits.object,
        hits.product_id,
        resets.reset_date
)

select * from ledger
