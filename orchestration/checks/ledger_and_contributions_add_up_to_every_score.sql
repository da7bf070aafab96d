-- For every contact and every score made of rules, the ledger's decayed points, summed per group and clamped, then per
-- score and clamped, are the published score; so are those of the contributions. Tolerance 1e-6.
with points as (
    select 'score_ledger' as table_name, contact_id, group_id, decayed_points
    from marts.score_ledger
    union all
    select 'score_contributions' as table_name, contact_id, group_id, decayed_points
    from marts.score_contributions
),

group_sums as (
    select
        points.table_name,
        points.contact_id,
        score_groups.score_id,
        least(
            greatest(sum(points.decayed_points), any_value(score_groups.min_points)), any_value(score_groups.max_points)
        ) as points
    from points
    left join rule_book.score_groups on points.group_id = score_groups.group_id
    group by points.table_name, points.contact_id, score_groups.score_id, points.group_id
),

sums as (
    select
        table_name,
        contact_id,
        score_id,
        -- A single entry without points leaves the sum open, and an open sum is a violation.
        case when count(*) = count(points) then sum(points) else 'nan' end as points
    from group_sums
    group by table_name, contact_id, score_id
),

published as (
    select contact_id, 'activity' as score_id, activity_score as score
    from marts.contact_scores
    union all
    select contact_id, score_id, score
    from marts.custom_scores
),

due as (
    select
        tables.table_name,
        contacts.contact_id,
        scores.score_id,
        scores.floor,
        scores.ceiling
    from marts.contact_scores as contacts
    cross join rule_book.scores
    cross join (values ('score_ledger'), ('score_contributions')) as tables (table_name)
    where scores.score_id not in ('fit', 'product_interest')
),

compared as (
    select
        coalesce(due.table_name, sums.table_name) as table_name,
        coalesce(due.contact_id, sums.contact_id) as contact_id,
        coalesce(due.score_id, sums.score_id) as score_id,
        published.score,
        case when due.score_id is not null then least(greatest(coalesce(sums.points, 0.0), due.floor), due.ceiling) end as points
    from due
    full outer join sums
        on due.table_name = sums.table_name
        and due.contact_id = sums.contact_id
        and due.score_id = sums.score_id
    left join published
        on due.contact_id = published.contact_id
        and due.score_id = published.score_id
)

select * from compared
where (abs(score - points) <= 1e-6) is not true
