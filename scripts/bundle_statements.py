"""Rules about single statements: repeatable, qualified, in the right schema, well described.

Sources: Snowflake, "Create a setup script", "Versioned schemas", "Add frontend experience to an
application with Streamlit", "CREATE PROCEDURE".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from scripts.bundle_tree import Finding, Tree

OF_THE_ACCOUNT = {
    *("APPLICATION ROLE", "SCHEMA", "DATABASE", "WAREHOUSE", "COMPUTE POOL"),
    *("EXTERNAL ACCESS INTEGRATION", "SECURITY INTEGRATION"),
}
"""Kinds of objects that are in no schema."""

CODE = {"PROCEDURE", "FUNCTION", "VIEW", "STREAMLIT"}
"""Kinds of objects that each version replaces; all others are state, which stays."""

RUNTIME = "3.11"
"""The one Python that procedures and Streamlit's warehouse runtime both have."""

EVERYWHERE = {
    *("snowflake-snowpark-python", "snowflake-telemetry-python"),
    *("httpx", "pydantic", "pyarrow"),
}
"""Packages that both of Snowflake's sources carry, the Anaconda channel and the PyPI repository.

Procedures name the first of them. Versions are not pinned, so that they run on the other as well.
"""

REPOSITORIES = {
    "SNOWFLAKE.SNOWPARK.ANACONDA_SHARED_REPOSITORY": "ANACONDA_REPOSITORY_USER",
    "SNOWFLAKE.SNOWPARK.PYPI_SHARED_REPOSITORY": "PYPI_REPOSITORY_USER",
}
"""Snowflake's package sources, and the role of the database SNOWFLAKE that lets one use each.

Which of the two an account takes by default depends on its age (Snowflake, BCR-2325), and the role
is checked when a procedure is made and whenever it runs (BCR-2379).
"""

PAGE_CHANNEL = ["snowflake"]


def everything_may_run_again(tree: Tree) -> list[Finding]:
    """Every CREATE can run again, as an upgrade does."""
    return [
        Finding(each.where, "CREATE without IF NOT EXISTS, OR REPLACE or OR ALTER runs only once")
        for each in tree.inner_statements
        if re.match(r"CREATE (?!OR REPLACE |OR ALTER )", each.outline)
        if not re.match(r"CREATE [A-Z ]*?IF NOT EXISTS ", each.outline)
    ]


def names_are_qualified(tree: Tree) -> list[Finding]:
    """Objects are created with their schema's name, since nothing selects a schema."""
    return [
        Finding(each.statement.where, f"{each.kind} {each.name} needs its schema's name")
        for each in tree.created
        if each.kind not in OF_THE_ACCOUNT and "." not in each.name
    ]


def state_stands_apart(tree: Tree) -> list[Finding]:
    """Code is in versioned schemas, which a version replaces; state is in the others."""
    versioned = {each.name for each in tree.created if each.manner == "VERSIONED"}
    findings = []
    for each in tree.created:
        if each.kind in OF_THE_ACCOUNT:
            continue
        if each.kind not in CODE and each.schema in versioned:
            says = f"{each.label} would be lost with its version: make it in another schema"
            findings.append(Finding(each.statement.where, says))
        if each.kind in CODE and each.schema not in versioned:
            says = f"{each.label} is code: make it in a versioned schema"
            findings.append(Finding(each.statement.where, says))
    return findings


def secrets_are_made_empty(tree: Tree) -> list[Finding]:
    """A setup script holds no credential."""
    return [
        Finding(each.where, "SECRET_STRING must be empty: a setup script is no place for one")
        for each in tree.inner_statements
        if each.setting("SECRET_STRING")
    ]


def procedures_are_alike(tree: Tree) -> list[Finding]:
    """Each procedure says what it does and answers a VARIANT, on packages that are everywhere."""
    return [
        Finding(each.statement.where, f"{each.label}: {wrong}")
        for each in tree.python_procedures
        for wrong in _wrong_with(each.statement.outline, each.statement.setting("COMMENT"))
    ] + [
        Finding(each.statement.where, f"{each.label}: {wrong}")
        for each in tree.python_procedures
        for wrong in _wrong_packages(
            each.statement.setting("RUNTIME_VERSION"), each.statement.listed("PACKAGES")
        )
    ]


def packages_have_a_source(tree: Tree) -> list[Finding]:
    """Each procedure names where its packages are from; the manifest asks for that one's role."""
    asked = tree.manifest.get("snowflake_database", {}).get("roles", [])
    roles = {name for role in asked for name in role}
    findings, needed = [], set()
    for each in tree.python_procedures:
        match = re.search(r" ARTIFACT_REPOSITORY = (\w+(?: ?\. ?\w+)*)", each.statement.outline)
        role = REPOSITORIES.get(match[1].replace(" ", "")) if match else None
        if role is None:
            says = f"{each.label}: ARTIFACT_REPOSITORY must name a source of Snowflake's"
            findings.append(Finding(each.statement.where, says))
        else:
            needed.add(role)
    findings += [
        Finding("manifest.yml", f"snowflake_database.roles must ask for {role}")
        for role in sorted(needed - roles)
    ]
    return findings + [
        Finding("manifest.yml", f"asks for the role {role}, which nothing uses")
        for role in sorted(roles - needed)
    ]


def _wrong_with(outline: str, comment: str | None) -> Iterator[str]:
    if " RETURNS VARIANT " not in outline:
        yield "RETURNS VARIANT, an object with response_code and message"
    if "EXECUTE AS OWNER" not in outline:
        yield "say EXECUTE AS OWNER"
    if not comment:
        yield "COMMENT says what it does"


def _wrong_packages(runtime: str | None, packages: list[str]) -> Iterator[str]:
    if runtime != RUNTIME:
        yield f"RUNTIME_VERSION must be '{RUNTIME}'"
    for package in packages:
        if package not in EVERYWHERE:
            yield f"package {package} is not, or not in this version, in every account"


def pages_are_whole(tree: Tree) -> list[Finding]:
    """A page's main file is in the bundle, and beside it what it runs on.

    Without an ``environment.yml`` that names one, Snowflake takes a Streamlit of 2023.
    """
    findings = []
    for each in tree.created:
        if each.kind != "STREAMLIT":
            continue
        folder = (each.statement.setting("FROM") or _from(each.statement.text)).strip("/")
        main = f"{folder}/{(each.statement.setting('MAIN_FILE') or '').strip('/')}"
        if main not in tree.files:
            findings.append(Finding(each.statement.where, f"{main} is not in the bundle"))
        environment = f"{folder}/environment.yml"
        findings += [
            Finding(environment, wrong)
            for wrong in _wrong_environment(tree.files.get(environment, b""))
        ]
    return findings


def _from(text: str) -> str:
    match = re.search(r"\bFROM '([^']*)'", text)
    return match[1] if match else ""


def _wrong_environment(text: bytes) -> Iterator[str]:
    read: Any = yaml.safe_load(text) or {}
    needs = [str(package) for package in read.get("dependencies", [])]
    if read.get("channels") != PAGE_CHANNEL:
        yield f"channels must be {PAGE_CHANNEL}: a page has no other"
    if not any(re.fullmatch(r"streamlit=\d+\.\d+\.\d+", package) for package in needs):
        yield "dependencies must pin streamlit=…, or the page runs on one of 2023"
    if f"python={RUNTIME}.*" not in needs:
        yield f"dependencies must name python={RUNTIME}.*"
