-- Every buying role that somebody holds.
select distinct buying_role
from marts.contact_scores
where buying_role is not null and not is_excluded
order by buying_role
limit $limit
