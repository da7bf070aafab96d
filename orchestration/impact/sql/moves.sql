-- One row per kind of change and direction: how many contacts, accounts, or interests of theirs, it is true of.
with temperatures as (
    select unnest(['dead', 'cold', 'warm', 'hot']) as temperature, unnest([0, 1, 2, 3]) as heat
),

contact_moves as (
    select
        contact_changes.*,
        warmth_after.heat - warmth_before.heat as warmer
    from contact_changes
    left join temperatures as warmth_before on contact_changes.temperature_before = warmth_before.temperature
    left join temperatures as warmth_after on contact_changes.temperature_after = warmth_after.temperature
),

moves as (
    select
        1 as position, 'contact' as entity, 'grade' as what, 'other grade' as direction,
        count(*) filter (where lead_grade_before <> lead_grade_after) as moved
    from contact_moves
    union all
    select 2, 'contact', 'fit grade', 'better', count(*) filter (where fit_grade_after < fit_grade_before) from contact_moves
    union all
    select 3, 'contact', 'fit grade', 'worse', count(*) filter (where fit_grade_after > fit_grade_before) from contact_moves
    union all
    select 4, 'contact', 'activity level', 'higher', count(*) filter (where activity_level_after > activity_level_before) from contact_moves
    union all
    select 5, 'contact', 'activity level', 'lower', count(*) filter (where activity_level_after < activity_level_before) from contact_moves
    union all
    select 6, 'contact', 'qualification', 'newly qualified', count(*) filter (where is_qualified_after and not is_qualified_before) from contact_moves
    union all
    select 7, 'contact', 'qualification', 'no longer qualified', count(*) filter (where is_qualified_before and not is_qualified_after) from contact_moves
    union all
    select 8, 'contact', 'temperature', 'warmer', count(*) filter (where warmer > 0) from contact_moves
    union all
    select 9, 'contact', 'temperature', 'colder', count(*) filter (where warmer < 0) from contact_moves
    union all
    select
        10, 'contact', 'top product', 'first interest',
        count(*) filter (where top_product_id_before is null and top_product_id_after is not null)
    from contact_moves
    union all
    select 11, 'contact', 'top product', 'other product', count(*) filter (where top_product_id_before <> top_product_id_after) from contact_moves
    union all
    select
        12, 'contact', 'top product', 'no interest left',
        count(*) filter (where top_product_id_before is not null and top_product_id_after is null)
    from contact_moves
    union all
    select 13, 'contact', 'interest in a product', 'new', count(*) filter (where entity = 'contact' and score_before is null) from interest_changes
    union all
    select 14, 'contact', 'interest in a product', 'stronger', count(*) filter (where entity = 'contact' and score_after > score_before) from interest_changes
    union all
    select 15, 'contact', 'interest in a product', 'weaker', count(*) filter (where entity = 'contact' and score_after < score_before) from interest_changes
    union all
    select 16, 'contact', 'interest in a product', 'gone', count(*) filter (where entity = 'contact' and score_after is null) from interest_changes
    union all
    select 21, 'account', 'grade', 'other grade', count(*) filter (where account_grade_before <> account_grade_after) from account_changes
    union all
    select 22, 'account', 'fit grade', 'better', count(*) filter (where fit_grade_after < fit_grade_before) from account_changes
    union all
    select 23, 'account', 'fit grade', 'worse', count(*) filter (where fit_grade_after > fit_grade_before) from account_changes
    union all
    select 24, 'account', 'activity level', 'higher', count(*) filter (where activity_level_after > activity_level_before) from account_changes
    union all
    select 25, 'account', 'activity level', 'lower', count(*) filter (where activity_level_after < activity_level_before) from account_changes
    union all
    select 26, 'account', 'qualification', 'newly qualified', count(*) filter (where is_qualified_after and not is_qualified_before) from account_changes
    union all
    select 27, 'account', 'qualification', 'no longer qualified', count(*) filter (where is_qualified_before and not is_qualified_after) from account_changes
    union all
    select
        28, 'account', 'top product', 'first interest',
        count(*) filter (where top_product_id_before is null and top_product_id_after is not null)
    from account_changes
    union all
    select 29, 'account', 'top product', 'other product', count(*) filter (where top_product_id_before <> top_product_id_after) from account_changes
    union all
    select
        30, 'account', 'top product', 'no interest left',
        count(*) filter (where top_product_id_before is not null and top_product_id_after is null)
    from account_changes
    union all
    select 31, 'account', 'interest in a product', 'new', count(*) filter (where entity = 'account' and score_before is null) from interest_changes
    union all
    select 32, 'account', 'interest in a product', 'stronger', count(*) filter (where entity = 'account' and score_after > score_before) from interest_changes
    union all
    select 33, 'account', 'interest in a product', 'weaker', count(*) filter (where entity = 'account' and score_after < score_before) from interest_changes
    union all
    select 34, 'account', 'interest in a product', 'gone', count(*) filter (where entity = 'account' and score_after is null) from interest_changes
)

select entity, what, direction, moved
from moves
order by position
