-- For every contact and product, the ledger's decayed points of the rules that count for interest, summed and clamped,
-- are the product interest; no row stands for 0. Tolerance 1e-6.
with interest_rules as (
    select rule_id
    from rule_book.point_rules
    where counts_for_interest
),

interest_range as (
    select
        floor,
        ceiling
    from rule_book.scores
    where score_id = 'product_interest'
),

sums as (
    select
        ledger.contact_id,
        ledger.product_id,
        case when count(*) = count(ledger.decayed_points) then sum(ledger.decayed_points) else 'nan' end as points
    from marts.score_ledger as ledger
    inner join interest_rules on ledger.rule_id = interest_rules.rule_id
    where ledger.product_id is not null and ledger.counted_hits > 0
    group by ledger.contact_id, ledger.product_id
),

compared as (
    select
        coalesce(published.contact_id, sums.contact_id) as contact_id,
        coalesce(published.product_id, sums.product_id) as product_id,
        published.score,
        -- A score of 0 or less is not published.
        greatest(least(greatest(coalesce(sums.points, 0.0), interest_range.floor), interest_range.ceiling), 0.0) as points,
        published.contact_id is not null as is_published
    from marts.product_interest_scores as published
    full outer join sums
        on published.contact_id = sums.contact_id
        and published.product_id = sums.product_id
    cross join interest_range
)

select * from compared
where (
    abs(case when is_published then score else 0.0 end - points) <= 1e-6
    and is_published = (round(coalesce(score, 0.0), 9) > 0)
) is not true
