-- One row per merged contact: who it is now. On a merge cycle, or leading into one, an id stays itself.
-- Pointers double their reach each round: 16 rounds follow chains of 65,536 merges.
{%- set rounds = 16 %}
with round_0 as (
    select
        merged_contact_id,
        surviving_contact_id as pointer
    from {{ ref('stg_raw__contact_merges') }}
),
{% for round in range(1, rounds + 1) %}
round_{{ round }} as (
    select
        here.merged_contact_id,
        coalesce(there.pointer, here.pointer) as pointer
    from round_{{ round - 1 }} as here
    left join round_{{ round - 1 }} as there on here.pointer = there.merged_contact_id
),
{% endfor %}
survivors as (
    select
        merged.merged_contact_id,
        case when unfinished.merged_contact_id is null then merged.pointer else merged.merged_contact_id end as contact_id,
        unfinished.merged_contact_id is not null as is_in_cycle
    from round_{{ rounds }} as merged
    left join round_0 as unfinished on merged.pointer = unfinished.merged_contact_id
)

select * from survivors
