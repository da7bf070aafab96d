-- One row per whole number from 0: as many as days in the longest history or alternatives in the longest pattern.
with generated as (
    {{ dbt.generate_series(16384) }}
),

numbers as (
    select cast(generated_number - 1 as integer) as number
    from generated
)

select * from numbers
