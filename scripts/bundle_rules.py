"""The rules of a bundle, each a pure function from the bundle to its findings.

What Snowflake would refuse when the application is installed, or, worse, accept and fail on at
run time, is found here, without an account. The sources are Snowflake's pages "Create a setup
script", "Manifest file reference", "Request external access integrations" and "Native App
Framework limitations".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from scripts.bundle_egress import egress_is_bound
from scripts.bundle_migrations import migrations_only_add
from scripts.bundle_statements import (
    everything_may_run_again,
    names_are_qualified,
    packages_have_a_source,
    pages_are_whole,
    procedures_are_alike,
    secrets_are_made_empty,
    state_stands_apart,
)
from scripts.bundle_tree import Finding, Tree
from scripts.setup_objects import Created, created_by, granted_by
from scripts.setup_script import Statement, target_of

SEEN_BY_USERS = ("PROCEDURE", "FUNCTION", "VIEW", "STREAMLIT")
# The schema whose objects nobody but the app itself sees.
APPS_OWN = "INTERNAL"
BOOLEAN_KEYS = {"extension_code", "multi_valued", "required_at_setup", "enabled"}

NEVER = {
    r"USE\b": "USE does not work in an application: qualify the name",
    r"CREATE (OR REPLACE )?((LOCAL|GLOBAL) )?TEMP(ORARY)?\b": "an application has no temporary"
    " objects: use a transient table",
    r".*\bEXECUTE AS CALLER\b": "an application may not run a procedure as its caller",
    r"CREATE OR REPLACE (TRANSIENT )?TABLE\b": "replacing a table at an upgrade loses its rows:"
    " CREATE TABLE IF NOT EXISTS",
    r".*\bTO_VARCHAR\(\w+_AT\)": "spells an instant by the caller's format, which may leave out"
    " the time of day: DATE_PART(EPOCH_MILLISECOND, …)",
}
PRIVILEGES = {
    r"CREATE (OR REPLACE )?EXTERNAL ACCESS INTEGRATION\b": "CREATE EXTERNAL ACCESS INTEGRATION",
    r"CREATE (OR REPLACE )?SECURITY INTEGRATION\b": "CREATE SECURITY INTEGRATION",
    r"CREATE (OR REPLACE )?(TRANSIENT )?DATABASE\b": "CREATE DATABASE",
    r"CREATE (OR REPLACE )?WAREHOUSE\b": "CREATE WAREHOUSE",
    r"CREATE (OR REPLACE |OR ALTER )?TASK\b": "EXECUTE TASK",
    r"CREATE (OR REPLACE |OR ALTER )?TASK\b(?!.*\bWAREHOUSE =)": "EXECUTE MANAGED TASK",
    r".*\bCURRENT_USER\(\)": "READ SESSION",
}
"""What a statement needs on the account, by what it begins with."""


Rule = Callable[[Tree], list[Finding]]


def manifest_is_sound(tree: Tree) -> list[Finding]:
    """The manifest is YAML, version 2, and says text where text is meant.

    YAML 1.1 reads a bare ``OFF``, ``NO`` or ``ON`` as a truth value.
    """
    if not tree.manifest:
        return [Finding("manifest.yml", "missing, or not a YAML mapping")]
    findings = [
        Finding("manifest.yml", f"{path} is a truth value where text is meant: quote it")
        for path, value in _leaves(tree.manifest)
        if isinstance(value, bool) and path.rpartition(".")[2] not in BOOLEAN_KEYS
    ]
    if tree.manifest.get("manifest_version") != 2:
        findings.append(Finding("manifest.yml", "manifest_version must be 2"))
    if next(tree.python_procedures, None) and not _artifacts(tree).get("extension_code"):
        findings.append(Finding("manifest.yml", "Python needs artifacts.extension_code: true"))
    return findings


def manifest_names_exist(tree: Tree) -> list[Finding]:
    """The files the manifest names are in the bundle; the page it names is created."""
    artifacts = _artifacts(tree)
    named = {"setup_script": tree.setup_script, "readme": artifacts.get("readme")}
    findings = [
        Finding("manifest.yml", f"{key} names {path}, which is not in the bundle")
        for key, path in named.items()
        if path is not None and path not in tree.files
    ]
    page = artifacts.get("default_streamlit")
    if page is not None and ("STREAMLIT", page.upper()) not in _kinds_and_names(tree):
        findings.append(Finding("manifest.yml", f"default_streamlit {page} is never created"))
    return findings


def every_part_runs(tree: Tree) -> list[Finding]:
    """What ``EXECUTE IMMEDIATE FROM`` names exists, and no part of the script is left out."""
    targets = {target: each for each in tree.statements if (target := target_of(each))}
    missing = [
        _at(statement, f"{target} is not in the bundle")
        for target, statement in targets.items()
        if target not in tree.files
    ]
    idle = [
        Finding(path, "the setup script never runs it")
        for path in sorted(tree.files)
        if path.endswith(".sql") and path not in (tree.setup_script, *targets)
    ]
    return missing + idle


def imports_exist(tree: Tree) -> list[Finding]:
    """What ``IMPORTS`` names is in the bundle, named from its root, by a versioned schema's object.

    Snowflake resolves such a path against the version's own files, which only a versioned schema
    has.
    """
    versioned = {each.name for each in tree.created if each.manner == "VERSIONED"}
    findings = []
    for procedure in tree.python_procedures:
        imports = procedure.statement.listed("IMPORTS")
        for path in imports:
            if not path.startswith("/"):
                findings.append(_at(procedure.statement, f"import {path} must begin with a slash"))
            elif path[1:] not in tree.files:
                findings.append(_at(procedure.statement, f"import {path} is not in the bundle"))
        if imports and procedure.schema not in versioned:
            findings.append(
                _at(procedure.statement, f"{procedure.label} imports: its schema must be versioned")
            )
    return findings


def everything_is_granted(tree: Tree) -> list[Finding]:
    """Each procedure, view and page is granted after it is made, and its schema can be used.

    Those in the schema ``INTERNAL`` are the app's own.

    An application's object is invisible without a grant to an application role, and
    ``CREATE OR REPLACE`` drops the grants an object had.
    """
    usable = {grant.name for grant in tree.grants if grant.kind == "SCHEMA"}
    place = {id(each): index for index, each in enumerate(tree.statements)}
    findings = []
    for created in tree.created:
        if created.kind not in SEEN_BY_USERS or created.schema == APPS_OWN:
            continue
        after = place[id(created.statement)]
        if not any(g.covers(created) and place[id(g.statement)] > after for g in tree.grants):
            findings.append(_at(created.statement, f"{created.label} is never granted after this"))
        if created.schema not in usable:
            findings.append(_at(created.statement, f"no role has USAGE on schema {created.schema}"))
    return findings


def grants_name_what_exists(tree: Tree) -> list[Finding]:
    """A grant's object, signature and role were created before it; none goes to an account role."""
    findings, so_far, roles = [], list[Created](), set[str]()
    for statement in tree.statements:
        created, grant = created_by(statement), granted_by(statement)
        if created is not None:
            so_far.append(created)
            roles |= {created.name} if created.kind == "APPLICATION ROLE" else set()
        if grant is not None:
            is_created = grant.every or any(grant.covers(each) for each in so_far)
            if not is_created:
                findings.append(_at(statement, f"{grant.label} is granted but was not created"))
            if grant.role not in roles:
                findings.append(_at(statement, f"application role {grant.role} was not created"))
        elif statement.outline.startswith("GRANT "):
            findings.append(_at(statement, "a grant must be to an application role"))
    return findings


def nothing_forbidden(tree: Tree) -> list[Finding]:
    """No statement that an application may not run, or that loses rows at an upgrade."""
    return [
        Finding(where, why)
        for where, text in _said(tree)
        for pattern, why in NEVER.items()
        if re.match(pattern, text)
    ]


def hosts_agree(tree: Tree) -> list[Finding]:
    """The hosts asked for are, letter by letter, those the network rules open.

    ``api.hubapi.com`` and ``api.hubapi.com:443`` differ: every request would fail at run time.
    """
    asked = {host for each in tree.statements for host in each.listed("HOST_PORTS")}
    opened = {
        host
        for created in tree.created
        if created.kind == "NETWORK RULE"
        for host in created.statement.listed("VALUE_LIST")
    }
    if asked == opened:
        return []
    differ = f"HOST_PORTS {sorted(asked)} and VALUE_LIST {sorted(opened)} differ"
    return [Finding(tree.setup_script, differ)]


def privileges_are_asked(tree: Tree) -> list[Finding]:
    """What the setup script or the shipped Python creates on the account is in the manifest."""
    asked = _asked(tree)
    return [
        Finding(where, f"needs the privilege {privilege}, which the manifest does not ask for")
        for privilege, where in _needed(tree).items()
        if privilege not in asked
    ]


def privileges_are_needed(tree: Tree) -> list[Finding]:
    """The manifest asks for no privilege that nothing uses."""
    return [
        Finding("manifest.yml", f"asks for the privilege {privilege}, which nothing uses")
        for privilege in sorted(_asked(tree) - _needed(tree).keys())
    ]


def _asked(tree: Tree) -> set[str]:
    return {name for each in tree.manifest.get("privileges", []) for name in each}


def _needed(tree: Tree) -> dict[str, str]:
    """The privileges of what is created on the account, each with where that is."""
    return {
        privilege: where
        for where, text in _said(tree)
        for pattern, privilege in PRIVILEGES.items()
        if re.match(pattern, text)
    }


def _said(tree: Tree) -> list[tuple[str, str]]:
    """Every statement of the setup script and every text of the shipped Python, with where."""
    return [*((each.where, each.outline) for each in tree.inner_statements), *tree.python_texts]


def no_app_yml(tree: Tree) -> list[Finding]:
    """No ``app.yml`` at the project's root: it turns ``snow app`` into another command."""
    return [
        Finding(name, "turns `snow app` to the Snowflake App Runtime: rename it")
        for name in ("app.yml", "app.yaml")
        if name in tree.project_names
    ]


RULES: tuple[Rule, ...] = (
    manifest_is_sound,
    manifest_names_exist,
    every_part_runs,
    imports_exist,
    everything_is_granted,
    grants_name_what_exists,
    nothing_forbidden,
    hosts_agree,
    egress_is_bound,
    migrations_only_add,
    everything_may_run_again,
    names_are_qualified,
    state_stands_apart,
    secrets_are_made_empty,
    procedures_are_alike,
    packages_have_a_source,
    pages_are_whole,
    privileges_are_asked,
    privileges_are_needed,
    no_app_yml,
)


def broken_rules(tree: Tree) -> list[Finding]:
    """Everything every rule finds in a bundle."""
    return [finding for rule in RULES for finding in rule(tree)]


def _at(statement: Statement, what: str) -> Finding:
    return Finding(statement.where, what)


def _artifacts(tree: Tree) -> dict[str, Any]:
    artifacts = tree.manifest.get("artifacts")
    return artifacts if isinstance(artifacts, dict) else {}


def _kinds_and_names(tree: Tree) -> set[tuple[str, str]]:
    return {(created.kind, created.name) for created in tree.created}


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every scalar of a YAML document with its dotted path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{index}")
    else:
        yield path, value
