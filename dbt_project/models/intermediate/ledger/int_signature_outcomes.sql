-- One row per signature: whether its human events are `scored` or `unmatched`, or it `depends` on their value or date.
with fits as (
    select
        signature_rules.signature_id,
        bool_or(
            point_rules.min_value is null and point_rules.max_value is null
            and point_rules.valid_from is null and point_rules.valid_to is null
        ) as is_always_hit
    from {{ ref('int_signature_rules') }} as signature_rules
    inner join {{ ref('stg_rule_book__point_rules') }} as point_rules on signature_rules.rule_id = point_rules.rule_id
    group by signature_rules.signature_id
),

outcomes as (
    select
        signatures.signature_id,
        case
            when fits.is_always_hit then 'scored'
            when fits.signature_id is not null then 'depends'
            else 'unmatched'
        end as outcome
    from {{ ref('int_signatures') }} as signatures
    left join fits on signatures.signature_id = fits.signature_id
)

select * from outcomes
