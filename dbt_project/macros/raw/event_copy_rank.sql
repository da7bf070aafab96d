{#- The rank of a copy among those of its event: the latest loaded, then the latest, then the greatest remaining columns
    in the order of the contract. -#}
{% macro event_copy_rank(copies, signatures) -%}
    row_number() over (
            partition by {{ copies }}.event_id
            order by
                {{ copies }}.loaded_at desc,
                {{ copies }}.occurred_at desc,
                {{ copies }}.contact_id desc nulls last,
                {{ copies }}.anonymous_id desc nulls last,
                {{ signatures }}.event_type desc,
                {{ signatures }}.object desc nulls last,
                {{ signatures }}.category desc nulls last,
                {{ signatures }}.product_id desc nulls last,
                {{ signatures }}.campaign desc nulls last,
                {{ copies }}.value desc nulls last,
                {{ copies }}.user_agent desc nulls last,
                {{ copies }}.is_machine desc nulls last
        )
{%- endmacro %}
