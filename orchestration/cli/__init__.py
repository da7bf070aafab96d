"""The command line `lead-scoring`: one module per command, what they share in `console`, `places` and `warehouse`.

Only how to ask and how to show belongs here; queries are in `sql/`, all else in the packages that are called.
"""

from orchestration.cli.app import app, main

__all__ = ["app", "main"]
