-- One row per contact or account whose fit is to be assessed again. In a full run none: all are.
-- depends_on: {{ ref('int_profile_hashes') }}
-- depends_on: {{ ref('int_fit_rule_hashes') }}
-- depends_on: {{ ref('int_titles') }}
-- depends_on: {{ ref('int_contacts') }}
{%- if is_partial_run() %}
with differing_profiles as (
    select
        coalesce(profiles.entity, profiles_before.entity) as entity,
        coalesce(profiles.entity_id, profiles_before.entity_id) as entity_id
    from {{ ref('int_profile_hashes') }} as profiles
    full outer join {{ absorbed('int_profile_hashes') }} as profiles_before
        on profiles.entity = profiles_before.entity
        and profiles.entity_id = profiles_before.entity_id
    where profiles.row_hash is distinct from profiles_before.row_hash
),

differing_rules as (
    select coalesce(rules.rule_id, rules_before.rule_id) as rule_id
    from {{ ref('int_fit_rule_hashes') }} as rules
    full outer join {{ absorbed('int_fit_rule_hashes') }} as rules_before on rules.rule_id = rules_before.rule_id
    where rules.row_hash is distinct from rules_before.row_hash
),

differing_titles as (
    select coalesce(titles.job_title, titles_before.job_title) as job_title
    from {{ ref('int_titles') }} as titles
    full outer join {{ absorbed('int_titles') }} as titles_before on titles.job_title = titles_before.job_title
    where
        titles.title_pattern is distinct from titles_before.title_pattern
        or titles.points is distinct from titles_before.points
),

contacts as (
    select
        contact_id,
        account_id,
        job_title
    from {{ ref('int_contacts') }}
),

changed as (
    select entity, entity_id
    from differing_profiles
    union
    select 'contact' as entity, contact_id as entity_id
    from contacts
    where account_id in (select entity_id from differing_profiles where entity = 'account')
    union
    select 'contact' as entity, contact_id as entity_id
    from contacts
    where job_title in (select job_title from differing_titles)
    union
    select entity, entity_id
    from {{ ref('int_profile_hashes') }}
    where (select count(*) from differing_rules) > 0
    union
    {{ pending_rows(['entity', 'entity_id']) }}
)
{%- else %}
with changed as (
    select entity, entity_id
    from {{ ref('int_profile_hashes') }}
    where 1 = 0
)
{%- endif %}

select
    changed.entity,
    changed.entity_id,
    scope.run_id
from changed
cross join {{ ref('int_run_scope') }} as scope
