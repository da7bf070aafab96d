-- One row: what this run recomputes, everything or what changed since the last completed run.
select
    '{{ invocation_id }}' as run_id,
    '{{ pipeline_hash() if execute }}' as pipeline_hash,
    {{ 'true' if execute and is_rebuild_due() else 'false' }} as is_full
