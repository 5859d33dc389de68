"""Packs ``hubspot_ingest`` into the one archive that Snowflake's procedures import.

Snowflake's native apps cannot import a directory ("Python procedure examples": directory imports
are not supported), only an archive with the package at its root, read by ``zipimport``: pure
Python, nothing compiled. The same sources always give the same bytes, so that an upload which
changes nothing is recognised by its checksum.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

PACKAGE = Path("src/hubspot_ingest")
ARCHIVE = Path("build/hubspot_ingest.zip")

LAPTOP_ONLY = ("cli.py", "laptop")
"""Modules and packages, relative to the package, that never leave the laptop."""

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can carry
READABLE_FILE = 0o100644 << 16


def shipped_files(package: Path) -> list[Path]:
    """The files of the package that Snowflake needs, relative to it, in the order they are packed.

    Args:
        package: The package's directory.

    Returns:
        Paths relative to ``package``, sorted by their names in the archive.
    """
    files = [path.relative_to(package) for path in package.rglob("*") if path.is_file()]
    return sorted(filter(_is_shipped, files), key=Path.as_posix)


def build_zip(package: Path, archive: Path) -> list[str]:
    """Writes the archive.

    Args:
        package: The package's directory; its name becomes the archive's one root directory.
        archive: Where the archive goes; directories on the way are made.

    Returns:
        The names packed, as they stand in the archive.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    names = []
    with zipfile.ZipFile(archive, "w") as packed:
        for path in shipped_files(package):
            entry = zipfile.ZipInfo((package.name / path).as_posix(), EPOCH)
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = READABLE_FILE
            packed.writestr(entry, (package / path).read_bytes(), zipfile.ZIP_DEFLATED, 9)
            names.append(entry.filename)
    return names


def _is_shipped(path: Path) -> bool:
    return (
        path.parts[0] not in LAPTOP_ONLY
        and path.suffix != ".pyc"
        and not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    )
