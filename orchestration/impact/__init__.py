"""What a change of the rule book does to whom, before it is merged: both rule books scored on the same events and date.

A module each: the two rule books and how they differ (`rule_books`, `rule_changes`), which models that touches
(`selection`), a scratch file in which dbt scores a side beside the warehouse (`scratch`, `scoring`), what came out
(`comparison`, its queries in `sql/`, `content`), alerts (`alerts`), the repository's limits (`policy`), and the forms
that a person reads it in (`markdown`, `page`; the terminal's is in `cli`). `service` does it all. Nothing here computes
a score: dbt does, with the models of a build.
"""
