-- One row per column of the published tables, without the record of publications, which grows with each one.
select table_name, column_name, data_type
from information_schema.columns
where table_catalog = current_database() and table_schema = 'marts' and not starts_with(table_name, 'publication')
order by table_name, ordinal_position
