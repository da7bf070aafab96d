"""The rule book: the shape of its CSV files, what they must satisfy, and how to read them.

Scoring is not here: the warehouse reads the same files as dbt seeds.
"""

from orchestration.rule_book.errors import RuleBookError
from orchestration.rule_book.files import RuleBook
from orchestration.rule_book.reading import read_rule_book, validate, write_rule_book

__all__ = ["RuleBook", "RuleBookError", "read_rule_book", "validate", "write_rule_book"]
