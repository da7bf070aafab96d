"""What the published tables are, written out for people and for BI tools: `python -m orchestration.describe`.

The YAML of the marts is the one place where tables and columns are described; dbt, the comments in the published
databases and the files that are written here all say what it says. Does not belong here: descriptions.
"""
