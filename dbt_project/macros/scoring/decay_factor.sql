{#- The share of its points that an activity of the given age in days still has: 1 when fresh. The exponent is bounded,
    since PostgreSQL raises on underflow. -#}
{% macro decay_factor(decay, decay_days, age_days) -%}
    case {{ decay }}
        when 'half_life' then power(cast(2 as {{ type_double() }}), -least(1000.0, {{ age_days }} / {{ decay_days }}))
        when 'linear' then greatest(0.0, 1.0 - {{ age_days }} / {{ decay_days }})
        when 'window' then case when {{ age_days }} < {{ decay_days }} then 1.0 else 0.0 end
        else 1.0
    end
{%- endmacro %}
