-- The contacts whose id, email or name is most like a text.
select
    contact_id,
    email,
    full_name,
    greatest(
        coalesce(jaro_winkler_similarity(lower(contact_id), lower($contact)), 0),
        coalesce(jaro_winkler_similarity(lower(email), lower($contact)), 0),
        coalesce(jaro_winkler_similarity(lower(full_name), lower($contact)), 0)
    ) as likeness
from marts.contact_scores
where likeness >= 0.8
order by likeness desc, contact_id
limit 3
