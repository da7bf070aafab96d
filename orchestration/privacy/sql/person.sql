-- Every id and email (lower case) by which one person is known, from an id or email on: contacts with the same email, merges in both
-- directions, and the devices whose events are the person's. One row per kind and id; none if nobody is known by $contact.
with recursive contact_emails as (
    select contact_id, lower(email) as email
    from staging.base_raw__contacts
    where contact_id is not null and email is not null
    union
    select contact_id, lower(email)
    from intermediate.int_contacts
    where email is not null
),

merges as (
    select merged_contact_id, surviving_contact_id
    from staging.base_raw__contact_merges
    where merged_contact_id is not null and surviving_contact_id is not null
),

links as (
    select 'contact' as known_kind, contact_id as known_id, 'email' as kind, email as id from contact_emails
    union
    select 'email', email, 'contact', contact_id from contact_emails
    union
    select 'contact', merged_contact_id, 'contact', surviving_contact_id from merges
    union
    select 'contact', surviving_contact_id, 'contact', merged_contact_id from merges
    union
    select 'contact', owner_id, 'anonymous', source_id from intermediate.int_event_owners where is_anonymous
),

-- A contact may be gone from the raw tables already; its history is not.
known_contacts as (
    select contact_id from staging.base_raw__contacts where contact_id is not null
    union
    select known_id from links where known_kind = 'contact'
    union
    select contact_id from marts.score_history
    union
    select contact_id from intermediate.int_events_deduplicated where contact_id is not null
),

-- An id wins over an email, so that a contact can always be named.
named as (
    select 'contact' as kind, contact_id as id from known_contacts where contact_id = $contact
    union
    select 'email', email from contact_emails
    where email = lower($contact) and $contact not in (select known_contacts.contact_id from known_contacts)
),

person as (
    select kind, id from named
    union
    select links.kind, links.id
    from person
    inner join links on person.kind = links.known_kind and person.id = links.known_id
)

select kind, id
from person
order by kind, id
