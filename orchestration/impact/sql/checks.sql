-- What must hold of the effects, each with the number of contacts for which it does not.
select 'effects of rules add up to the change of each group' as name, count(*) as failures
from (
    select contact_id, score_id, sum(points) as points
    from effects
    where score_id <> 'fit' and file is distinct from 'exclusions'
    group by contact_id, score_id
) as summed
full outer join (
    select contact_id, score_id, sum(points) as points
    from group_changes
    where contact_id in (select contact_id from contact_changes where is_excluded = was_excluded)
    group by contact_id, score_id
) as grouped using (contact_id, score_id)
where abs(coalesce(summed.points, 0.0) - coalesce(grouped.points, 0.0)) > 1e-6
union all
select 'where no limit applies, effects add up to the change of the score' as name, count(*) as failures
from limits
where not is_at_a_limit
union all
select 'changes of scores add up to the change of the lead score' as name, count(*) as failures
from contact_changes
left join (
    select contact_id, sum(lead_points) as points
    from score_changes
    group by contact_id
) as parts using (contact_id)
where abs(contact_changes.lead_score_after - contact_changes.lead_score_before - coalesce(parts.points, 0.0)) > 1e-6
union all
select 'no rule moves that neither was edited nor depends on an edited file' as name, count(*) as failures
from effects
where file is null and not (select has_indirect_changes from parameters)
