-- One row per cause and score: whom it moves and by how many points in all, the largest first.
select
    file,
    rule_id,
    score_id,
    count(*) filter (where points > 0) as contacts_up,
    count(*) filter (where points < 0) as contacts_down,
    sum(points) as points
from effects
group by all
order by sum(abs(points)) desc, rule_id, score_id
