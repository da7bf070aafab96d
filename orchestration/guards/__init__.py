"""Guards: what would hurt although every number is right, such as a source that came empty and turns everyone cold.

A guard compares a run with what was published last from the same warehouse, like with like or not at all: a first
build, a replay, a day far away, other models are not judged. Settings with their defaults are in `config`, what is
remembered of a publication in `reference`, what is looked at before a build in `sources` and after it in `tables`, and
how Dagster shows it in `assets`. What must hold of any data is not here but in `checks`.
"""
