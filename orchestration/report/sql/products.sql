-- Who is interested in what: contacts with any interest, those who want it most, and the qualified ones among these.
select
    interest.product_id,
    coalesce(max(interest.product_name), interest.product_id) as product,
    count(*) as interested,
    count(*) filter (where contacts.top_product_id = interest.product_id) as want_it_most,
    count(*) filter (where contacts.top_product_id = interest.product_id and contacts.is_qualified) as qualified
from marts.product_interest_scores as interest
inner join marts.contact_scores as contacts on interest.contact_id = contacts.contact_id
where not contacts.is_excluded
group by interest.product_id
order by interested desc, interest.product_id
limit $limit
