-- One row per user agent of an event that fits a pattern of machine traffic.
{{ config(materialized='view') }}

select distinct value as user_agent
from {{ ref('int_pattern_matches') }}
where field = 'user_agent'
