"""Builds the native app's bundle and checks it: ``python -m scripts.bundle``.

Everything runs offline. The Snowflake CLI gets a configuration directory of its own, so that a
bundle never depends on, or touches, the connections of the person who builds it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.build_zip import ARCHIVE, PACKAGE, build_zip
from scripts.bundle_imports import handlers_run, imports_are_declared
from scripts.bundle_rules import broken_rules
from scripts.bundle_tree import Finding, read_tree

DEPLOYED = Path("output/deploy")
CLI_HOME = Path("build/snowflake")


def bundle(project: Path, snow: Path) -> None:
    """Packs the package and has the Snowflake CLI lay out the bundle.

    Args:
        project: The project's root, where ``snowflake.yml`` stands.
        snow: The Snowflake CLI.

    Raises:
        subprocess.CalledProcessError: The CLI refused the project; it has said why.
    """
    build_zip(project / PACKAGE, project / ARCHIVE)
    home = project / CLI_HOME
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = {"SNOWFLAKE_HOME": str(home.resolve()), "SNOWFLAKE_CLI_AIR_GAPPED": "true"}
    subprocess.run(
        [snow.absolute(), "app", "bundle"],
        cwd=project,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home.resolve()), **own},
        check=True,
    )


def check(project: Path) -> list[Finding]:
    """Everything that is wrong with the bundle last built.

    The shipped Python is only run when the rules about files hold.
    """
    tree = read_tree(project / DEPLOYED, project)
    return broken_rules(tree) or [*imports_are_declared(tree), *handlers_run(tree)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds, checks and reports.

    Returns:
        0 when the bundle is right, 1 when something is wrong with it.
    """
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bundle", description="Build the native app's bundle and check it."
    )
    parser.add_argument("--snow", type=Path, default=Path(".tools/snow/bin/snow"))
    parser.add_argument("--project", type=Path, default=Path())
    chosen = parser.parse_args(arguments)
    try:
        bundle(chosen.project, chosen.snow)
    except (subprocess.CalledProcessError, OSError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    findings = check(chosen.project)
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"{chosen.project / DEPLOYED}: {len(findings) or 'nothing'} wrong")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
