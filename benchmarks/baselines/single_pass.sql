-- One row per contact with scored events: the decayed activity score as of a day, straight from the raw files.
-- Variables: events, identities, contact_merges, point_rules, score_groups, scores, content_map (paths), as_of, scores_file.
create temp table rules as
select
    point_rules.rule_id,
    lower(point_rules.event_type) as event_type,
    lower(point_rules.object_pattern) as object_pattern,
    lower(point_rules.category) as category,
    coalesce(point_rules.min_value::double, '-infinity') as min_value,
    coalesce(point_rules.max_value::double, 'infinity') as max_value,
    point_rules.points::double as points,
    point_rules.decay,
    point_rules.decay_days::double as decay_days,
from read_csv(getvariable('point_rules'), all_varchar = true) as point_rules
inner join read_csv(getvariable('score_groups'), all_varchar = true) as score_groups
    on point_rules.group_id = score_groups.group_id
where
    score_groups.score_id = 'activity'
    and point_rules.enabled is distinct from 'false';

create temp table content_map as
select
    lower(event_type) as event_type,
    lower(object_pattern) as object_pattern,
    lower(category) as category,
    coalesce(priority::double, 'infinity') as priority,
from read_csv(getvariable('content_map'), all_varchar = true)
where category is not null;

-- Patterns as LIKE takes them: `*` is any run of characters, everything else is literal.
create temp table alternatives as
with patterns as (
    select object_pattern as pattern from rules
    union
    select object_pattern from content_map
),

parts as (
    select pattern, trim(unnest(string_split(pattern, '|'))) as part
    from patterns
)

select
    pattern,
    starts_with(part, '!') as is_exception,
    replace(replace(replace(replace(ltrim(part, '! '), '^', '^^'), '%', '^%'), '_', '^_'), '*', '%') as like_pattern,
from parts;

-- What events look like: few distinct values, however many events there are.
create temp table signatures as
with seen as (
    select distinct event_type, object, category
    from read_parquet(getvariable('events'))
    where occurred_at < getvariable('as_of') + interval 1 day
),

cleaned as (
    select
        event_type,
        object,
        category,
        lower(trim(event_type)) as type_name,
        lower(trim(object)) as object_name,
        lower(trim(category)) as category_name,
        rtrim(split_part(split_part(object_name, '#', 1), '?', 1), '/') as address,
    from seen
)

select
    event_type,
    object,
    category,
    type_name,
    category_name,
    case
        when starts_with(object_name, '/') then if(address = '', '/', address)
        when starts_with(object_name, 'http://') or starts_with(object_name, 'https://')
            then coalesce(nullif(regexp_replace(address, '^https?://[^/]*', ''), ''), '/')
        else object_name
    end as content,
from cleaned;

-- A content fits a pattern that has a fitting alternative and no fitting exception (`!`).
create temp table matches as
with contents as (
    select distinct content from signatures where content is not null
),

fitting as (
    select contents.content, alternatives.pattern, alternatives.is_exception
    from contents
    inner join alternatives on contents.content like alternatives.like_pattern escape '^'
)

select content, pattern
from fitting
group by content, pattern
having not bool_or(is_exception);

create temp table contents_by_type as
select
    signatures.type_name,
    signatures.content,
    first(content_map.category order by
        content_map.priority, length(content_map.object_pattern) desc, content_map.object_pattern,
        content_map.event_type nulls last
    ) as category_name,
from (select distinct type_name, content from signatures) as signatures
inner join matches on signatures.content = matches.content
inner join content_map
    on matches.pattern = content_map.object_pattern
    and coalesce(content_map.event_type, signatures.type_name) = signatures.type_name
group by signatures.type_name, signatures.content;

create temp table signature_rules as
select
    signatures.event_type,
    signatures.object,
    signatures.category,
    rules.* exclude (event_type, object_pattern, category),
from signatures
left join contents_by_type
    on signatures.type_name = contents_by_type.type_name
    and signatures.content = contents_by_type.content
inner join rules
    on signatures.type_name = rules.event_type
    and (rules.category is null or rules.category = coalesce(signatures.category_name, contents_by_type.category_name))
left join matches
    on signatures.content = matches.content
    and rules.object_pattern = matches.pattern
where rules.object_pattern is null or matches.pattern is not null;

create temp table survivors as
with recursive merges as (
    select merged_contact_id, arg_max(surviving_contact_id, merged_at) as surviving_contact_id
    from read_parquet(getvariable('contact_merges'))
    where surviving_contact_id is not null
    group by merged_contact_id
),

steps as (
    select merged_contact_id, surviving_contact_id
    from merges
    union
    select steps.merged_contact_id, merges.surviving_contact_id
    from steps
    inner join merges on steps.surviving_contact_id = merges.merged_contact_id
)

select steps.merged_contact_id, steps.surviving_contact_id
from steps
anti join merges on steps.surviving_contact_id = merges.merged_contact_id;

-- Who an id of an event stands for: a cookie for the contact that it was first seen with, a merged contact for another.
create temp table owners as
with identities as (
    select anonymous_id, arg_min(contact_id, (identified_at, contact_id)) as contact_id
    from read_parquet(getvariable('identities'))
    where contact_id is not null
    group by anonymous_id
)

select identities.anonymous_id as id, coalesce(survivors.surviving_contact_id, identities.contact_id) as contact_id
from identities
left join survivors on identities.contact_id = survivors.merged_contact_id
union all
select merged_contact_id, surviving_contact_id
from survivors;

copy (
    with hits as (
        select
            coalesce(owners.contact_id, events.contact_id) as contact_id,
            signature_rules.points,
            signature_rules.decay,
            signature_rules.decay_days,
            getvariable('as_of')::date - events.occurred_at::date as age_days,
        from read_parquet(getvariable('events')) as events
        inner join signature_rules
            on events.event_type = signature_rules.event_type
            and events.object is not distinct from signature_rules.object
            and events.category is not distinct from signature_rules.category
            and coalesce(events.value, 0) between signature_rules.min_value and signature_rules.max_value
        left join owners on coalesce(events.contact_id, events.anonymous_id) = owners.id
        where events.occurred_at < getvariable('as_of') + interval 1 day
    )

    select
        hits.contact_id,
        greatest(any_value(scores.floor), least(any_value(scores.ceiling), sum(hits.points * case hits.decay
            when 'half_life' then power(2, -hits.age_days / hits.decay_days)
            when 'linear' then greatest(0, 1 - hits.age_days / hits.decay_days)
            when 'window' then (hits.age_days < hits.decay_days)::double
            else 1
        end))) as activity_score,
    from hits
    cross join (from read_csv(getvariable('scores')) where score_id = 'activity') as scores
    where hits.contact_id is not null
    group by hits.contact_id
) to (getvariable('scores_file')) (format parquet);
