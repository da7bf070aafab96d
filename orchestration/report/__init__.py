"""The lead report: one HTML page that needs nothing beside itself, made from published tables.

A module each: what the page says (`content`, its queries in `sql/`), text and numbers for people (`words`), drawings
(`charts`), the page and its file (`page`, `page.html.j2`, `page.css`), Dagster's asset (`asset`). Nothing here computes
a score.
"""
