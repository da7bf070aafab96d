-- One row per day that the run is about to write into the history; none once the history is complete. What a run leaves here because
-- it ended before, the next one finishes: until then its days are partly of one rule book and partly of another.
-- depends_on: {{ ref('int_contact_grades') }}
-- depends_on: {{ ref('int_account_grades') }}
-- depends_on: {{ ref('int_custom_scores') }}
-- depends_on: {{ ref('int_product_interest') }}
-- depends_on: {{ ref('int_account_product_interest') }}

select as_of_date
from {{ ref('int_scoring_dates') }}
where is_recorded
