-- The contact's fit criteria with what gave the points, in the words of the rule book.
select
    fit_contributions.criterion_id,
    fit_criteria.entity,
    fit_contributions.attribute_value,
    fit_contributions.rule_ids,
    fit_contributions.criterion_points,
    fit_contributions.weight,
    fit_contributions.weight / 100 * fit_contributions.criterion_points as criterion_share,
    fit_contributions.weighted_points
    - fit_contributions.weight / 100 * fit_contributions.criterion_points as penalty_points,
    fit_contributions.weighted_points,
    -- A title's rule id is its pattern, which may hold bars itself.
    (
        select any_value(title_weights.description)
        from rule_book.title_weights
        where
            fit_contributions.criterion_id = 'job_title'
            and (
                fit_contributions.rule_ids = title_weights.title_pattern
                or starts_with(fit_contributions.rule_ids, title_weights.title_pattern || '|')
            )
    ) as title_description,
    rules_that_matched.reward_descriptions,
    rules_that_matched.penalty_descriptions
from marts.fit_contributions
left join lateral (
    select
        list(fit_rules.description order by fit_rules.rule_id) filter (fit_rules.points >= 0) as reward_descriptions,
        list(fit_rules.description order by fit_rules.rule_id) filter (fit_rules.points < 0) as penalty_descriptions
    from rule_book.fit_rules
    where
        fit_rules.criterion_id = fit_contributions.criterion_id
        and list_contains(string_split(fit_contributions.rule_ids, '|'), fit_rules.rule_id)
) as rules_that_matched on true
inner join rule_book.fit_criteria on fit_contributions.criterion_id = fit_criteria.criterion_id
where fit_contributions.contact_id = $contact_id
order by fit_contributions.weight desc, fit_contributions.criterion_id
