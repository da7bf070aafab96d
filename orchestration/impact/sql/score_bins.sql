-- One row per bin of the lead score with somebody in it, before or after.
with placed as (
    select cast(floor(lead_score_before / $width) as bigint) as bin, 1 as contacts_before, 0 as contacts_after
    from contact_changes
    where not was_excluded
    union all
    select cast(floor(lead_score_after / $width) as bigint) as bin, 0 as contacts_before, 1 as contacts_after
    from contact_changes
    where not is_excluded
)

select
    bin,
    sum(contacts_before)::bigint as contacts_before,
    sum(contacts_after)::bigint as contacts_after
from placed
group by bin
order by bin
