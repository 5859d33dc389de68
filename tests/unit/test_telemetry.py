"""The trace of an exception that nobody foresaw: every place it came from, and nobody's data."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NoReturn

from hubspot_ingest import telemetry

SECRET = "pat-na1-ada@example.com"


class Hostile(Exception):
    """Cannot be printed, compared or asked whether it is true."""

    def __str__(self) -> NoReturn:
        raise RuntimeError(SECRET)

    def __repr__(self) -> NoReturn:
        raise RuntimeError(SECRET)

    def __eq__(self, other: object) -> NoReturn:
        raise RuntimeError(SECRET)

    def __bool__(self) -> NoReturn:
        raise RuntimeError(SECRET)

    __hash__ = Exception.__hash__


def _trace(work: Callable[[], object]) -> str:
    try:
        work()
    except BaseException as error:
        return telemetry.internal_error(error)[1]
    raise AssertionError("nothing was raised")


def _types(trace: str) -> list[str]:
    return [cause.partition(" at ")[0] for cause in trace.split("; caused by ")]


@contextmanager
def _listening(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("hubspot_ingest")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def test_each_exception_of_a_group_has_its_frames() -> None:
    def raised(kind: type[Exception]) -> Exception:
        try:
            raise kind(SECRET)
        except kind as error:
            return error

    def work() -> NoReturn:
        raise ExceptionGroup(SECRET, [raised(KeyError), raised(LookupError)])

    trace = _trace(work)

    assert _types(trace) == ["ExceptionGroup", "KeyError", "LookupError"]
    assert trace.count("raised") == 2
    assert SECRET not in trace


def test_an_exception_that_cannot_be_printed_or_compared_has_a_trace() -> None:
    def work() -> NoReturn:
        try:
            try:
                raise Hostile
            except Hostile as error:
                raise Hostile from error
        except Hostile as error:
            raise ValueError(SECRET) from error

    assert _types(_trace(work)) == ["ValueError", "Hostile", "Hostile"]


def test_exceptions_that_name_each_other_as_cause_end() -> None:
    def work() -> NoReturn:
        first, second = KeyError(), ValueError()
        first.__cause__, second.__cause__ = second, first
        raise first

    assert _types(_trace(work)) == ["KeyError", "ValueError"]


def test_a_long_chain_keeps_its_latest_and_its_first_exceptions() -> None:
    def work() -> None:
        error: Exception = KeyError("the first")
        for _ in range(20):
            try:
                raise ValueError(SECRET) from error
            except ValueError as later:
                error = later
        raise error

    assert _types(_trace(work)) == [*3 * ["ValueError"], "…", *2 * ["ValueError"], "KeyError"]


def test_a_file_outside_of_its_package_is_named_without_its_directory(tmp_path: Path) -> None:
    file = tmp_path / "home_of_ada" / "plug.py"
    file.parent.mkdir()
    file.write_text("def fail():\n    raise ValueError\n")
    spec = spec_from_file_location("plugins.of.all.kinds.plug", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    trace = _trace(module.fail)

    assert re.search(r"plugins/of/all/kinds/plug\.py:2 fail$", trace)
    assert "ada" not in trace


def test_an_event_table_that_refuses_records_fails_nothing() -> None:
    class Refusing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> NoReturn:
            raise OSError(record.getMessage())

    with _listening(Refusing()):
        telemetry.error("run ended", status="FAILED")
        error_id, trace = telemetry.internal_error(ValueError(SECRET))

    assert re.fullmatch("[0-9a-f]{8}", error_id)
    assert trace.startswith("ValueError at ")
