"""What `impact`, `backtest` and `suggest` have in common: the extra of the latter, progress and files."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from orchestration.cli.console import error_console, fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestration.build import NodeEvent

_BAR_WIDTH = 30
_NEEDED = ("sklearn", "scipy")


def require_extra(command: str) -> None:
    """End the command if scikit-learn is not installed, and say how it comes."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        fail(
            f"`lead-scoring {command}` needs scikit-learn, which the project installs on demand: "
            "pip install 'lead-scoring-warehouse[backtest]' (in the project's folder: pip install -e '.[backtest]')."
        )


@contextmanager
def progress() -> Iterator[Callable[[str, NodeEvent | None], None]]:
    """A function that is told the step and the nodes of dbt, and shows them on standard error."""
    from orchestration.dbt_runner import NodeStarted

    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=_BAR_WIDTH),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=error_console(),
        transient=True,
    )
    with shown:
        task = shown.add_task("reading the rule books", total=None)

        def show(step: str, event: NodeEvent | None) -> None:
            if event is None:
                shown.reset(task, description=step, total=None)
            elif isinstance(event, NodeStarted):
                name = event.unique_id.rpartition(".")[2]
                shown.update(task, description=f"{step}: {name:<36.36}", total=event.total)
            else:
                shown.advance(task)

        yield show


def write_text(file: Path, text: str) -> None:
    """Write a file as a whole and say so; ends the command if that cannot be done."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    error_console().print(Text(f"Written: {file}", "dim"))
