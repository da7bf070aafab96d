-- Raw rows that could not be used, by table and reason.
select
    source_table,
    reason,
    count(*) as rows
from marts.rejected_rows
group by source_table, reason
order by rows desc, source_table, reason
limit $limit
