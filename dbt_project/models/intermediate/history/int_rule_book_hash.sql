-- One row: a fingerprint of every value in the rule book but the descriptions. The order of rows and columns, spelling of
-- empty cells and line ends do not matter; a changed value always does.
{%- set files = ['account_rank_weights', 'bot_user_agents', 'buying_roles', 'content_map', 'exclusions', 'fit_criteria',
    'fit_rules', 'free_email_domains', 'inactivity_rules', 'lead_grades', 'point_rules', 'products', 'score_bands',
    'score_groups', 'scores', 'stages', 'thresholds', 'title_weights'] %}
with row_hashes as (
    {%- for file in files %}
    select
        '{{ file }}' as file,
        md5({{ row_text(ref(file)) }}) as row_hash
    from {{ ref(file) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

rule_book_hash as (
    select md5({{ joined_text("file || ':' || row_hash", ' ', 'file, row_hash') }}) as rule_book_hash
    from row_hashes
)

select * from rule_book_hash
