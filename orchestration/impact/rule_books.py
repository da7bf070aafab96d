"""The rule books that are compared: a commit's or the working tree's, copied into a folder of our own.

Git is asked for nothing but names and files; it never changes what is checked out.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from orchestration.impact.errors import ImpactError
from orchestration.rule_book import RuleBook, read_rule_book
from orchestration.rule_book.files import ROW_TYPES

WORKING_TREE = "working tree"
_FILES = tuple(f"{row_type.FILE}.csv" for row_type in ROW_TYPES)
_SHOWN_ERRORS = 20


@dataclass(frozen=True)
class RuleBookAt:
    """A valid rule book: `name` as it was asked for, `commit` (empty: the working tree), a copy of its files."""

    name: str
    commit: str
    folder: Path
    book: RuleBook


def read_rule_books(seeds_dir: Path, base: str, head: str | None, folder: Path) -> tuple[RuleBookAt, RuleBookAt]:
    """Both rule books, copied into `folder`; `head` None: the working tree. Raises ImpactError."""
    if not seeds_dir.is_dir():
        raise ImpactError(f"There is no rule book at {seeds_dir}.")
    before = rule_book_of_commit(seeds_dir, base, folder / "base")
    if head is None or head == WORKING_TREE:
        return before, rule_book_of_working_tree(seeds_dir, folder / "head")
    return before, rule_book_of_commit(seeds_dir, head, folder / "head")


def rule_book_of_working_tree(seeds_dir: Path, folder: Path) -> RuleBookAt:
    """The rule book as it is on disk. Raises ImpactError if it is not valid."""
    folder.mkdir(parents=True)
    for name in _FILES:
        if (seeds_dir / name).is_file():
            shutil.copyfile(seeds_dir / name, folder / name)
    return _read(WORKING_TREE, "", folder)


def rule_book_of_commit(seeds_dir: Path, ref: str, folder: Path) -> RuleBookAt:
    """The rule book as of `ref`, anything that git understands, of the repository that `seeds_dir` lies in.

    Raises ImpactError if there is no such commit, it has no such folder, or its rule book is not valid.
    """
    place = os.fsdecode(_git(seeds_dir, "rev-parse", "--show-prefix").rstrip(b"\n")).rstrip("/")
    try:
        commit = _git(seeds_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except ImpactError:
        raise ImpactError(
            f"'{ref}' is no commit, branch or tag of this repository; in a shallow clone, fetch it first."
        ) from None
    name = commit.decode().strip()
    # In a subfolder, git would look for the same folder below the tree once more.
    root = Path(os.fsdecode(_git(seeds_dir, "rev-parse", "--show-toplevel").rstrip(b"\n")))
    try:
        archive = _git(root, "archive", "--format=tar", f"{name}:{place}" if place else name)
    except ImpactError:
        raise ImpactError(f"{ref} has no folder {place or '.'}, where the rule book is now.") from None
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files.getmembers():
            if member.isfile() and member.name in _FILES and (content := files.extractfile(member)):
                (folder / member.name).write_bytes(content.read())
    return _read(ref, name, folder)


def _read(name: str, commit: str, folder: Path) -> RuleBookAt:
    book, errors = read_rule_book(folder)
    if errors:
        shown = "\n".join(str(error) for error in errors[:_SHOWN_ERRORS])
        raise ImpactError(f"The rule book of {name} is not valid, so that nothing can be said of it:\n{shown}")
    return RuleBookAt(name, commit, folder, book)


def _git(folder: Path, *arguments: str) -> bytes:
    git = shutil.which("git")
    if git is None:
        raise ImpactError("git is not installed; it knows the rule book of another commit.")
    # The arguments are ours but for the name of a commit, which stands behind --end-of-options.
    done = subprocess.run([git, "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise ImpactError(f"git cannot tell the rule books apart: {said or arguments[0]}")
    return done.stdout
