-- The contacts that a text names: by id, by email, or by the id of a contact that was merged into one.
select
    contact_scores.contact_id,
    survivors.merged_contact_id
from marts.contact_scores
left join intermediate.int_contact_survivors as survivors
    on contact_scores.contact_id = survivors.contact_id and survivors.merged_contact_id = $contact
where
    contact_scores.contact_id = $contact
    or survivors.merged_contact_id is not null
    or lower(contact_scores.email) = lower($contact)
-- An id wins over an email, so that a contact can always be named.
qualify bool_or(contact_scores.contact_id = $contact) over () = (contact_scores.contact_id = $contact)
order by contact_scores.contact_id
