-- The groups of rules with their limits, in the order of their scores.
select group_id, score_id, min_points, max_points, description
from rule_book.score_groups
order by score_id, coalesce(max_points, 0) desc, group_id
