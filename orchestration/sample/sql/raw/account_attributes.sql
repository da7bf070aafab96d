-- Several rows per company: the technology it runs (some run more), whether it is a target account of sales.
with facts as (
    select
        account_id,
        unnest([
            {
                'attribute': 'technology',
                'value': pick(['postgres', 'snowflake', 'duckdb', 'spark'], u(key, 'runs')),
                'is_known': u(key, 'technology') < 0.5
            },
            {
                'attribute': 'technology',
                'value': pick(['sap', 'salesforce', 'odoo'], u(key, 'runs too')),
                'is_known': u(key, 'technology') < 0.2
            },
            {'attribute': 'target_account', 'value': 'yes', 'is_known': quality > 0.9 and u(key, 'target') < 0.5}
        ], recursive := true),
    from companies
)

select account_id, attribute, value,
from facts
where is_known
