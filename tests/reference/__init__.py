"""The scoring contract as slow, obvious Python, for comparison with the warehouse cell by cell.

Written from the contract alone, never from the SQL. One module per topic, one small function per step, no sharing of
code with the project. Read in the order of the contract: `raw`, `identity`, `events`, `derive`, `rules`, `points`,
`fit`, `contacts`, `accounts`, `history`, `tables`. `worlds` draws random raw tables and rule books, `compare` tells two
sets of published tables apart.

    from tests.reference import Reference, load_raw, load_rule_book
    tables = Reference().run(load_raw(raw_dir), load_rule_book(seeds_dir), as_of=date(2024, 3, 10))
    tables["contact_scores"]  # list of dicts with the contract's column names

Timestamps are UTC without zone, dates are local to `scoring_timezone`, scores are points.
"""

from .compare import differences
from .raw import Raw, load_raw
from .reference import Reference
from .rule_book import RuleBook, load_rule_book

__all__ = ["Raw", "Reference", "RuleBook", "differences", "load_raw", "load_rule_book"]
