"""Changes the product's most important pure modules in small ways, and asks whether a test notices.

``make test-mutants`` runs it with mutmut; the modules and their tests are in pyproject.toml. It
fails where a change goes unnoticed that ``tests/mutants.toml`` does not answer with a reason, and
where an answer is to a change that is noticed by now.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

ROOT = Path(__file__).parents[1]
ANSWERS = ROOT / "tests" / "mutants.toml"
# Where mutmut has its copies of the sources.
WORK = ROOT / "build" / "mutants"
_NOTICED = {"killed", "segfault"}
# Of a change that comes to no end; on a busy machine it may be another one.
_LATE = "timeout"
# Kinds of changes that are left out.
_OF_WORDS = (
    mutators.operator_string,
    mutators.operator_assignment,
    mutators.operator_arg_removal,
    mutators.operator_dict_arguments,
)
_HUNK = re.compile(r"@@ -(\d+)")


@dataclass(frozen=True, slots=True)
class Change:
    """A small change of a function: the lines that go and those that come, without indentation."""

    file: str
    function: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no test noticed, and the line of the file where it is."""

    change: Change
    line: int
    status: str

    def __str__(self) -> str:
        change = self.change
        lines = [f"{change.file}:{self.line}: {change.function}, {self.status}"]
        lines += [f"  - {line}" for line in change.before.splitlines()]
        lines += [f"  + {line}" for line in change.after.splitlines()]
        return "\n".join(lines)


def leave_words_alone() -> None:
    """Let mutmut change neither words nor arguments into None, nor leave arguments out.

    What is called otherwise or has no value anywhere is found by mypy and by any test; of these
    changes there are twice as many as of operators, numbers and branches, where mistakes hide.
    """
    file_mutation.mutation_operators[:] = [
        (node, operator)
        for node, operator in file_mutation.mutation_operators
        if operator not in _OF_WORDS
    ]


def mutate_properties() -> None:
    """Let mutmut change properties too.

    It leaves decorated functions alone, as a decorator may do anything. A property is the function
    below it, which is changed as any other; the property goes on top.
    """
    visitor = file_mutation.MutationVisitor
    skip, arrange = visitor._skip_node_and_children, file_mutation.function_trampoline_arrangement

    def is_property(node: Any) -> bool:
        names = [getattr(each.decorator, "value", "") for each in getattr(node, "decorators", ())]
        return names == ["property"]

    def skips(self: Any, node: Any) -> bool:
        return not is_property(node) and bool(skip(self, node))

    def arranged(function: Any, mutants: Any, class_name: str | None) -> tuple[Any, ...]:
        plain = function.with_changes(decorators=()) if is_property(function) else function
        declared, nodes, assigned, names = arrange(plain, mutants, class_name)
        if plain is not function:
            trampoline, *copies = nodes
            decorators = [*function.decorators, *trampoline.decorators]
            nodes = [trampoline.with_changes(decorators=decorators), *copies]
        return declared, nodes, assigned, names

    visitor._skip_node_and_children = skips
    file_mutation.function_trampoline_arrangement = arranged


def run(words: Collection[str], processes: int) -> None:
    """Run mutmut from scratch, in a directory of its own below build/, which becomes the current.

    ``words`` are parts of the paths of the modules to be changed; without any, all are.
    """
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in ("src", "tests", "pyproject.toml"):
        (WORK / name).symlink_to(ROOT / name)
    os.chdir(WORK)
    modules = config().only_mutate
    modules[:] = [path for path in modules if not words or any(word in path for word in words)]
    leave_words_alone()
    mutate_properties()
    mutmut._run([], processes)


def survivors() -> Iterator[Survivor]:
    """The changes that no test noticed in time, file by file."""
    for path in walk_mutatable_files():
        results = SourceFileMutationData(path=path)
        results.load()
        for name, code in results.exit_code_by_key.items():
            status = status_by_exit_code[code]
            if status not in _NOTICED:
                yield _survivor(str(path), name, status)


def _survivor(path: str, name: str, status: str) -> Survivor:
    function, class_name = orig_function_and_class_names_from_key(name)
    # without the two lines that name the files
    diff = get_diff_for_mutant(name, path=path).splitlines()[2:]
    hunk = _HUNK.match(diff[0])
    assert hunk is not None
    unchanged = next(n for n, line in enumerate(diff[1:]) if line[0] in "+-")
    line = _line_of(path, function, class_name) + int(hunk[1]) - 1 + unchanged
    before, after = (
        "\n".join(line[1:].strip() for line in diff if line[0] == sign) for sign in "-+"
    )
    qualified = f"{class_name}.{function}" if class_name else function
    return Survivor(Change(path, qualified, before, after), line, status)


def _line_of(path: str, function: str, class_name: str | None) -> int:
    """The line (from 1) at which a function, or a method of a class, is defined."""
    definitions = [rf"class {class_name}\b", rf"\s+def {function}\("]
    lines = enumerate(Path(path).read_text().splitlines(), start=1)
    number = 0
    for definition in definitions if class_name else [rf"def {function}\("]:
        number = next(n for n, line in lines if re.match(definition, line))
    return number


def answered() -> dict[Change, str]:
    """The changes that no test need notice, each with the reason."""
    return {
        Change(each["file"], each["function"], each["before"], each["after"]): each["reason"]
        for each in tomllib.loads(ANSWERS.read_text())["answered"]
    }


def main(words: Collection[str]) -> int:
    """Print what no test notices and nobody has answered; 1 where there is anything."""
    run(words, os.cpu_count() or 1)
    found, answers = list(survivors()), answered()
    unanswered = [each for each in found if each.change not in answers and each.status != _LATE]
    noticed = answers.keys() - {each.change for each in found}
    needless = [change for change in noticed if change.file in config().only_mutate]
    for survivor in unanswered:
        print(f"\n{survivor}")
    for change in needless:
        print(f"\n{ANSWERS.name} answers a change that a test notices, or that is none: {change}")
    unnoticed = sum(each.status != _LATE for each in found)
    print(f"\n{unnoticed} changes went unnoticed, {len(unanswered)} of them without an answer")
    return 1 if unanswered or needless else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
