-- The publication that the file is, and the latest attempt after it, which was withheld.
with published as (
    select publication_id, run_id, published_at
    from marts.publication
    where status = 'published'
    order by publication_id desc
    limit 1
)

select
    published.publication_id,
    published.run_id,
    published.published_at,
    withheld.published_at as withheld_at,
    withheld.reason as withheld_reason
from published
left join marts.publication as withheld on published.publication_id < withheld.publication_id
order by withheld.publication_id desc nulls last
limit 1
