-- One row per value that a fit rule reads, of the contacts and accounts that this run assesses.
select * from {{ ref('int_profile_values') }}
where
    (entity = 'contact' and {{ is_profile_in_scope('contact', 'entity_id') }})
    or (entity = 'account' and {{ is_profile_in_scope('account', 'entity_id') }})
