-- One row per point rule whose hits are to be recomputed for every contact: it fits other signatures than at the last completed
-- run, or its range, validity or cap is another. Other points or another decay change no hit.
-- depends_on: {{ ref('int_signatures') }}
-- depends_on: {{ ref('int_signature_rules') }}
{%- if is_partial_run() %}
with known_signatures as (
    select signatures.signature_id
    from {{ ref('int_signatures') }} as signatures
    inner join {{ absorbed('int_signatures') }} as signatures_before on signatures.signature_id = signatures_before.signature_id
    where
        -- Where the classification changed, the owners of the events are recomputed.
        signatures.category is not distinct from signatures_before.category
        and signatures.product_id is not distinct from signatures_before.product_id
        and signatures.is_sales_ready is not distinct from signatures_before.is_sales_ready
),

differing_fits as (
    select coalesce(fits.rule_id, fits_before.rule_id) as rule_id
    from {{ ref('int_signature_rules') }} as fits
    full outer join {{ absorbed('int_signature_rules') }} as fits_before
        on fits.signature_id = fits_before.signature_id
        and fits.rule_id = fits_before.rule_id
    inner join known_signatures
        on coalesce(fits.signature_id, fits_before.signature_id) = known_signatures.signature_id
    where fits.rule_id is null or fits_before.rule_id is null
),

differing_rules as (
    select coalesce(rules.rule_id, rules_before.rule_id) as rule_id
    from {{ ref('int_rule_hashes') }} as rules
    full outer join {{ absorbed('int_rule_hashes') }} as rules_before on rules.rule_id = rules_before.rule_id
    where rules.row_hash is distinct from rules_before.row_hash
),

changed as (
    select rule_id
    from differing_fits
    union
    select rule_id
    from differing_rules
    union
    {{ pending_rows(['rule_id']) }}
)
{%- else %}
with changed as (
    select rule_id
    from {{ ref('int_rule_hashes') }}
    where 1 = 0
)
{%- endif %}

select
    changed.rule_id,
    scope.run_id
from changed
cross join {{ ref('int_run_scope') }} as scope
