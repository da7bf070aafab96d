-- One row per column of the published tables.
select table_name, column_name, data_type
from information_schema.columns
where table_catalog = current_database() and table_schema = 'marts'
order by table_name, ordinal_position
