"""Internal stages as directories of files; locations in them, and answers to PUT, GET, LIST."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlparse

from snowflake_sandbox import results
from snowflake_sandbox.errors import SqlError, compilation, invalid_value, missing, unexpected
from snowflake_sandbox.names import Name, qualify
from snowflake_sandbox.results import Result
from snowflake_sandbox.sql.tokens import Kind, Reader

_NAME = re.compile(r'(?:"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_$]*)')
# what Snowpark writes in the PUT behind ``session.file.put_stream``
STREAM_SOURCE = "/tmp/placeholder/"


class Location(NamedTuple):
    """A place in a stage: the stage's name and the path below it, case kept."""

    stage: Name
    path: str


class StagedFile(NamedTuple):
    """One file of a stage: its path below the stage's root and where it is on disk."""

    path: str
    file: Path

    @property
    def digest(self) -> str:
        """MD5 of the content, as LIST shows it and COPY remembers it."""
        return hashlib.md5(self.file.read_bytes(), usedforsecurity=False).hexdigest()


# a stage's directory lies below its database's and its schema's
_STAGE_DEPTH = 3


class Stages:
    """The staged files of an engine.

    Args:
        root: directory that has one directory per database, schema and stage.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def directory(self, stage: Name) -> Path:
        """Return the directory of a stage."""
        return self._root.joinpath(*stage)

    def place(self, location: Location) -> Path:
        """Return the path of a location on disk.

        Raises:
            SqlError: 253003 when the path leads out of the stage.
        """
        base = self.directory(location.stage)
        place = (base / location.path).resolve()
        if not place.is_relative_to(base):
            raise SqlError(f"invalid path in stage: '{location.path}'", 253003, "42601")
        return place

    def files(self, location: Location) -> list[StagedFile]:
        """Return the files whose path starts with the location's, as Snowflake matches them."""
        base = self.directory(location.stage)
        self.place(location)
        # os.walk passes over directories that another session removes meanwhile
        paths = (
            Path(directory, name)
            for directory, _, names in os.walk(base / location.path.rpartition("/")[0])
            for name in names
        )
        staged = (StagedFile(str(file.relative_to(base)), file) for file in paths)
        return sorted(
            staged_file for staged_file in staged if staged_file.path.startswith(location.path)
        )

    def remove(self, files: list[StagedFile]) -> None:
        """Delete files and the directories they leave empty, up to the stage's own."""
        for staged in files:
            staged.file.unlink(missing_ok=True)
            parent = staged.file.parent
            # another session may be writing there: a directory that is not empty stays
            with suppress(OSError):
                while len(parent.relative_to(self._root).parts) > _STAGE_DEPTH:
                    parent.rmdir()
                    parent = parent.parent

    def list(self, location: Location) -> Result:
        """Return the answer to LIST."""
        prefix = location.stage.object.lower()
        values: list[list[object]] = []
        for staged in self.files(location):
            # another session may remove the file meanwhile
            with suppress(FileNotFoundError):
                status = staged.file.stat()
                at = datetime.fromtimestamp(status.st_mtime, UTC)
                modified = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
                values.append([f"{prefix}/{staged.path}", status.st_size, staged.digest, modified])
        names = [("name", "VARCHAR"), ("size", "BIGINT")]
        names += [("md5", "VARCHAR"), ("last_modified", "VARCHAR")]
        return results.rows(names, values, results.SHOW)


def read_location(
    reader: Reader, database: str | None, schema: str | None, params: list[object] | None = None
) -> Location:
    """Read ``@[db.][schema.]stage[/path]``, bare, quoted as a string, or bound."""
    token = reader.next()
    text = token.value
    if token.kind is Kind.BIND and params:
        text = str(params[0])
    elif token.kind not in (Kind.STRING, Kind.PATH):
        raise unexpected(token.value, 1, token.start)
    return parse_location(text, database, schema)


def parse_location(text: str, database: str | None, schema: str | None) -> Location:
    """Parse ``@[db.][schema.]stage[/path]``."""
    if not text.startswith("@"):
        raise compilation(f"invalid URL prefix found in: '{text}'", 1011, "42601")
    position, parts = 1, []
    while True:
        match = _NAME.match(text, position)
        if match is None:
            raise compilation(f"invalid stage reference '{text}'", 1003, "42000")
        word = match[0]
        plain = word[1:-1].replace('""', '"') if word.startswith('"') else word.upper()
        parts.append(plain)
        position = match.end()
        if position < len(text) and text[position] == "." and len(parts) < 3:
            position += 1
            continue
        break
    path = text[position:]
    if path and not path.startswith("/"):
        raise compilation(f"invalid stage reference '{text}'", 1003, "42000")
    return Location(qualify(tuple(parts), database, schema), path.lstrip("/"))


def read_options(reader: Reader) -> dict[str, str]:
    """Read ``NAME = value`` pairs to the end of the statement, names in upper case."""
    options: dict[str, str] = {}
    while not reader.at_end():
        name = reader.identifier()
        reader.expect("=")
        token = reader.next()
        if token.kind not in (Kind.WORD, Kind.STRING, Kind.NUMBER):
            raise unexpected(token.value, 1, token.start)
        options[name] = token.value
    return options


def boolean_option(options: dict[str, str], name: str, default: bool) -> bool:
    """Return a boolean option.

    Raises:
        SqlError: 1008 for another word than TRUE and FALSE.
    """
    value = options.get(name, str(default)).upper()
    if value not in ("TRUE", "FALSE"):
        raise invalid_value(value, name)
    return value == "TRUE"


def upload(source: str, place: Path, options: dict[str, str]) -> Result:
    """Return the answer to PUT: the directory that the client copies the file to."""
    url = urlparse(source)
    if url.scheme != "file":
        raise compilation(f"invalid local file '{source}'", 1003, "42000")
    place.mkdir(parents=True, exist_ok=True)
    transfer = {
        "command": "UPLOAD",
        "src_locations": [unquote(source.removeprefix("file://"))],
        "parallel": int(options.get("PARALLEL", "4")),
        "autoCompress": boolean_option(options, "AUTO_COMPRESS", True),
        "sourceCompression": options.get("SOURCE_COMPRESSION", "AUTO_DETECT").lower(),
        "overwrite": boolean_option(options, "OVERWRITE", False),
        "stageInfo": {"locationType": "LOCAL_FS", "location": str(place), "creds": {}},
    }
    return Result([], transfer=transfer)


def download(files: list[StagedFile], base: Path, target: str, options: dict[str, str]) -> Result:
    """Return the answer to GET: which staged files the client copies where."""
    if not target.startswith("file://"):
        raise compilation(f"invalid local directory '{target}'", 1003, "42000")
    transfer = {
        "command": "DOWNLOAD",
        "src_locations": [staged.path for staged in files],
        "parallel": int(options.get("PARALLEL", "10")),
        "localLocation": unquote(target.removeprefix("file://")),
        "stageInfo": {"locationType": "LOCAL_FS", "location": str(base), "creds": {}},
    }
    return Result([], transfer=transfer)


def no_stage(name: Name) -> SqlError:
    """Return the error for a stage that is not there."""
    return missing("Stage", str(name))
