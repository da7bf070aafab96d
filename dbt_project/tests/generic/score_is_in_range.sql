{#- Fails for every row whose value lies outside floor and ceiling of a score of the rule book, or is null.
    score_id: the score; left out, the one that the row's own score_id names. A row of an unknown score fails as well. -#}
{% test score_is_in_range(model, column_name, score_id=none) %}
select tested.*
from {{ model }} as tested
left join {{ ref('scores') }} as scores
    on scores.score_id = {% if score_id %}'{{ score_id }}'{% else %}tested.score_id{% endif %}
where not coalesce(tested.{{ column_name }} between scores.floor - 1e-9 and scores.ceiling + 1e-9, false)
{% endtest %}
