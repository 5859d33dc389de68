"""Each rule of the bundle catches what breaks it, and leaves a right bundle alone."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import yaml

from scripts import bundle_rules, bundle_statements
from scripts.build_zip import build_zip
from scripts.bundle_egress import egress_is_bound
from scripts.bundle_migrations import migrations_only_add
from scripts.bundle_rules import Rule, broken_rules
from scripts.bundle_statements import packages_have_a_source
from scripts.bundle_tree import Tree, read_sources

ROOT = Path(__file__).parents[2]
MANIFEST = """
manifest_version: 2
artifacts: {setup_script: setup.sql, readme: README.md, extension_code: true}
configuration: {log_level: INFO}
privileges:
  - CREATE EXTERNAL ACCESS INTEGRATION: {description: "Calls the API"}
  - CREATE DATABASE: {description: "Holds the rows"}
snowflake_database: {roles: [ANACONDA_REPOSITORY_USER: {description: "Packages"}]}
"""
SETUP = """
-- The contents page; USE is only a word here.
CREATE APPLICATION ROLE IF NOT EXISTS app_admin;
CREATE OR ALTER VERSIONED SCHEMA core;
GRANT USAGE ON SCHEMA core TO APPLICATION ROLE app_admin;
CREATE SCHEMA IF NOT EXISTS config;
CREATE DATABASE IF NOT EXISTS data;
EXECUTE IMMEDIATE FROM './sql/network.sql';
EXECUTE IMMEDIATE FROM '/sql/procedures.sql';
"""
NETWORK = """
CREATE OR ALTER NETWORK RULE config.hosts
  MODE = EGRESS TYPE = HOST_PORT VALUE_LIST = ('api.example.com');
CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION hosts ALLOWED_NETWORK_RULES = (config.hosts);
ALTER APPLICATION SET SPECIFICATION hosts TYPE = EXTERNAL_ACCESS LABEL = 'API'
  HOST_PORTS = ('api.example.com');
"""
PROCEDURES = """
CREATE OR REPLACE PROCEDURE core.run(sync VARCHAR(200), settings VARIANT DEFAULT NULL)
  RETURNS VARIANT LANGUAGE PYTHON RUNTIME_VERSION = '3.11' PACKAGES = ('pydantic')
  ARTIFACT_REPOSITORY = snowflake.snowpark.anaconda_shared_repository
  IMPORTS = ('/lib/product.zip') HANDLER = 'product.doors.run'
  COMMENT = 'Runs' EXECUTE AS OWNER;
GRANT USAGE ON PROCEDURE core.run(STRING, VARIANT) TO APPLICATION ROLE app_admin;
CREATE OR REPLACE VIEW core.runs AS SELECT 'USE; CREATE OR REPLACE TABLE' AS note;
GRANT SELECT ON VIEW core.runs TO APPLICATION ROLE app_admin;
"""
RIGHT = {
    "manifest.yml": MANIFEST,
    "setup.sql": SETUP,
    "README.md": "",
    "sql/network.sql": NETWORK,
    "sql/procedures.sql": PROCEDURES,
    "lib/product.zip": "PK\x05\x06" + "\0" * 18,
}


def bundle(path: str = "setup.sql", old: str = "", new: str = "") -> Tree:
    """The right bundle, with one piece of one of its files replaced."""
    assert old in RIGHT[path]
    texts = RIGHT | {path: RIGHT[path].replace(old, new)}
    return Tree({name: text.encode() for name, text in texts.items()})


def without(path: str) -> Tree:
    """The right bundle without one of its files."""
    return Tree({name: text.encode() for name, text in RIGHT.items() if name != path})


def test_a_right_bundle_breaks_no_rule() -> None:
    assert broken_rules(bundle()) == []


def test_the_application_as_it_stands_breaks_no_rule(tmp_path: Path) -> None:
    archive = tmp_path / "product.zip"
    build_zip(ROOT / "src/hubspot_ingest", archive)
    assert [str(each) for each in broken_rules(read_sources(ROOT, archive.read_bytes()))] == []


MANIFEST_CASES = [
    (
        bundle_rules.manifest_is_sound,
        "log_level: INFO",
        "log_level: OFF",
        "log_level is a truth value",
    ),
    (bundle_rules.manifest_is_sound, "version: 2", "version: 1", "manifest_version must be 2"),
    (bundle_rules.manifest_is_sound, ", extension_code: true", "", "extension_code: true"),
    (bundle_rules.manifest_is_sound, "artifacts: {", "artifacts: {{", "not a YAML mapping"),
    (
        bundle_rules.manifest_names_exist,
        "README.md",
        "READ.me",
        "READ.me, which is not in the bundle",
    ),
    (
        bundle_rules.manifest_names_exist,
        "extension_code",
        "default_streamlit: core.page, extension_code",
        "core.page is never created",
    ),
    (packages_have_a_source, "ANACONDA_REPO", "PYPI_REPO", "must ask for ANACONDA_REPO"),
    (
        packages_have_a_source,
        "[ANACONDA",
        "[CORTEX_USER: {}, ANACONDA",
        "role CORTEX_USER, which nothing",
    ),
    (
        bundle_rules.privileges_are_asked,
        "  - CREATE EXTERNAL ACCESS INTEGRATION",
        "  - CREATE WAREHOUSE",
        "needs the privilege CREATE EXTERNAL ACCESS INTEGRATION",
    ),
    (
        bundle_rules.privileges_are_needed,
        "  - CREATE DATABASE",
        "  - CREATE SHARE: {description: x}\n  - CREATE DATABASE",
        "asks for the privilege CREATE SHARE, which nothing uses",
    ),
]
SETUP_CASES = [
    (bundle_rules.every_part_runs, "'./sql/network.sql'", "'network.sql'", "network.sql is not in"),
    (
        bundle_rules.every_part_runs,
        "EXECUTE IMMEDIATE FROM './sql/network.sql';",
        "",
        "never runs it",
    ),
    (
        bundle_rules.imports_exist,
        "CREATE OR ALTER VERSIONED SCHEMA",
        "CREATE SCHEMA",
        "must be versioned",
    ),
    (
        bundle_rules.everything_is_granted,
        "GRANT USAGE ON SCHEMA core TO APPLICATION ROLE app_admin;",
        "",
        "no role has USAGE on schema CORE",
    ),
    (
        bundle_rules.grants_name_what_exists,
        "CREATE APPLICATION ROLE IF NOT EXISTS app_admin",
        "CREATE APPLICATION ROLE IF NOT EXISTS other",
        "application role APP_ADMIN was not created",
    ),
    (
        bundle_rules.grants_name_what_exists,
        "TO APPLICATION ROLE app_admin",
        "TO ROLE sysadmin",
        "must be to an application role",
    ),
    (
        bundle_rules.nothing_forbidden,
        "CREATE SCHEMA",
        "USE SCHEMA core; CREATE SCHEMA",
        "USE does not",
    ),
    (
        bundle_statements.everything_may_run_again,
        "CREATE SCHEMA IF NOT EXISTS config",
        "CREATE SCHEMA config",
        "runs only once",
    ),
    (
        bundle_statements.everything_may_run_again,
        "CREATE SCHEMA",
        "EXECUTE IMMEDIATE $$ BEGIN EXECUTE IMMEDIATE 'CREATE ROLE ' || x; END; $$; CREATE SCHEMA",
        "runs only once",
    ),
    (
        bundle_rules.nothing_forbidden,
        "CREATE SCHEMA",
        "EXECUTE IMMEDIATE $$ USE ROLE x; $$; CREATE SCHEMA",
        "USE does not",
    ),
    (
        bundle_rules.nothing_forbidden,
        "CREATE SCHEMA",
        "CREATE TEMP TABLE t (a INT); CREATE SCHEMA",
        "no temporary objects",
    ),
    (
        bundle_rules.nothing_forbidden,
        "CREATE SCHEMA",
        "CREATE OR REPLACE TRANSIENT TABLE config.t (a INT); CREATE SCHEMA",
        "loses its rows",
    ),
    (
        bundle_rules.privileges_are_asked,
        "CREATE SCHEMA",
        "CREATE TASK config.t SCHEDULE = '60 MINUTES' AS SELECT 1; CREATE SCHEMA",
        "EXECUTE MANAGED TASK",
    ),
]
NETWORK_CASES = [
    (
        bundle_statements.names_are_qualified,
        "RULE config.hosts",
        "RULE hosts",
        "HOSTS needs its schema's name",
    ),
    (
        bundle_statements.state_stands_apart,
        "RULE config.hosts",
        "RULE core.hosts",
        "NETWORK RULE CORE.HOSTS would be lost with its version",
    ),
    (
        bundle_statements.secrets_are_made_empty,
        "CREATE OR ALTER NETWORK",
        "CREATE SECRET IF NOT EXISTS config.key TYPE = GENERIC_STRING SECRET_STRING = 'pat-1';"
        " CREATE OR ALTER NETWORK",
        "SECRET_STRING must be empty",
    ),
    (
        bundle_rules.hosts_agree,
        "HOST_PORTS = ('api.example.com')",
        "HOST_PORTS = ('api.example.com:443')",
        "differ",
    ),
    (bundle_rules.hosts_agree, "HOST_PORTS = ('api.example.com')", "", "differ"),
]
PROCEDURE_CASES = [
    (
        bundle_statements.state_stands_apart,
        "VIEW core.runs",
        "VIEW config.runs",
        "VIEW CONFIG.RUNS is code",
    ),
    (bundle_statements.procedures_are_alike, "COMMENT = 'Runs'", "", "COMMENT says what it does"),
    (bundle_statements.procedures_are_alike, "EXECUTE AS OWNER", "", "say EXECUTE AS OWNER"),
    (
        bundle_statements.procedures_are_alike,
        "RETURNS VARIANT",
        "RETURNS VARCHAR",
        "RETURNS VARIANT, an",
    ),
    (bundle_statements.procedures_are_alike, "'3.11'", "'3.12'", "RUNTIME_VERSION must be '3.11'"),
    (
        bundle_statements.procedures_are_alike,
        "'pydantic'",
        "'pydantic==2.8.2'",
        "package pydantic==2.8.2 is",
    ),
    (packages_have_a_source, "ARTIFACT_REPOSITORY", "REPOSITORY", "must name a source"),
    (packages_have_a_source, "anaconda_", "pypi_", "must ask for PYPI_REPOSITORY_USER"),
    (bundle_statements.procedures_are_alike, "'pydantic'", "'orjson'", "package orjson is not"),
    (
        bundle_rules.imports_exist,
        "'/lib/product.zip'",
        "'lib/product.zip'",
        "must begin with a slash",
    ),
    (bundle_rules.imports_exist, "'/lib/product.zip'", "'/lib/other.zip'", "other.zip is not in"),
    (
        bundle_rules.everything_is_granted,
        "GRANT SELECT ON VIEW core.runs TO APPLICATION ROLE app_admin;",
        "",
        "VIEW CORE.RUNS is never granted",
    ),
    (
        bundle_rules.everything_is_granted,
        "CREATE OR REPLACE VIEW",
        "CREATE OR REPLACE PROCEDURE core.run(sync TEXT, settings VARIANT) RETURNS VARIANT"
        " LANGUAGE SQL AS $$ SELECT 1 $$; CREATE OR REPLACE VIEW",
        "PROCEDURE CORE.RUN(VARCHAR, VARIANT) is never granted after this",
    ),
    (
        bundle_rules.grants_name_what_exists,
        "core.run(STRING, VARIANT)",
        "core.run(STRING)",
        "PROCEDURE CORE.RUN(VARCHAR) is granted but was not created",
    ),
    (bundle_rules.nothing_forbidden, "AS OWNER", "AS CALLER", "as its caller"),
]
CASES = [
    (rule, path, old, new, says)
    for path, cases in {
        "manifest.yml": MANIFEST_CASES,
        "setup.sql": SETUP_CASES,
        "sql/network.sql": NETWORK_CASES,
        "sql/procedures.sql": PROCEDURE_CASES,
    }.items()
    for rule, old, new, says in cases
]


@pytest.mark.parametrize(("rule", "path", "old", "new", "says"), CASES)
def test_a_rule_catches_what_breaks_it(
    rule: Rule, path: str, old: str, new: str, says: str
) -> None:
    findings = [str(finding) for finding in rule(bundle(path, old, new))]
    assert [each for each in findings if says in each] != [], findings


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (bundle_rules.manifest_is_sound, "manifest.yml"),
        (bundle_rules.manifest_names_exist, "README.md"),
        (bundle_rules.manifest_names_exist, "setup.sql"),
        (bundle_rules.every_part_runs, "sql/procedures.sql"),
        (bundle_rules.imports_exist, "lib/product.zip"),
    ],
)
def test_a_missing_file_is_found(rule: Rule, path: str) -> None:
    assert len(rule(without(path))) == 1


def test_an_app_yml_at_the_root_is_found() -> None:
    (finding,) = bundle_rules.no_app_yml(Tree({}, frozenset({"app.yml", "app"})))
    assert finding.where == "app.yml"


PAGE = "CREATE OR REPLACE STREAMLIT core.page FROM '/streamlit' MAIN_FILE = 'app.py';"
ENVIRONMENT = """
channels: [snowflake]
dependencies: [python=3.11.*, streamlit=1.52.2]
"""


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        ({"streamlit/app.py": "", "streamlit/environment.yml": ENVIRONMENT}, []),
        ({"streamlit/environment.yml": ENVIRONMENT}, ["streamlit/app.py is not in the bundle"]),
        (
            {"streamlit/app.py": "", "streamlit/environment.yml": "channels: [snowflake]"},
            ["must pin streamlit=…", "must name python=3.11.*"],
        ),
        (
            {
                "streamlit/app.py": "",
                "streamlit/environment.yml": ENVIRONMENT.replace("[snowflake]", "[conda-forge]"),
            },
            ["channels must be"],
        ),
    ],
)
def test_a_page_that_is_not_whole_is_found(files: dict[str, str], wrong: list[str]) -> None:
    texts = {**files, "setup.sql": PAGE}
    findings = bundle_statements.pages_are_whole(
        Tree({name: text.encode() for name, text in texts.items()})
    )
    assert len(findings) == len(wrong)
    for each, says in zip(findings, wrong, strict=True):
        assert says in each.what


@pytest.mark.parametrize(
    "statement", ["CREATE TEMP TABLE t (a INT)", "SELECT TO_VARCHAR(CREATED_AT) AS A FROM t"]
)
def test_what_the_shipped_python_says_in_sql_keeps_the_rules_too(statement: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("product/sql.py", f"def go(run):\n    run({statement!r})\n")
    (finding,) = bundle_rules.nothing_forbidden(Tree({"lib/product.zip": packed.getvalue()}))
    assert finding.where == "lib/product.zip/product/sql.py"


def test_the_project_leaves_out_what_breaks_an_upgrade() -> None:
    project = yaml.safe_load((ROOT / "snowflake.yml").read_text())
    for entity in project["entities"].values():
        assert "debug" not in entity  # Snowflake refuses it for a manifest of version 2
        for artifact in entity.get("artifacts", ()):
            assert artifact["dest"].endswith("/")  # or a directory becomes a file
            assert "**" not in artifact["src"]  # which would flatten what it finds


def test_every_rule_has_a_case_that_breaks_it() -> None:
    elsewhere = {
        bundle_rules.no_app_yml,
        egress_is_bound,
        migrations_only_add,
        bundle_statements.pages_are_whole,
    }
    assert {rule for rule, *_ in CASES} | elsewhere == set(bundle_rules.RULES)


def test_a_grant_on_all_views_of_a_schema_covers_those_made_before_it() -> None:
    single_grant, grant_on_all = "SELECT ON VIEW core.runs", "SELECT ON ALL VIEWS IN SCHEMA core"
    assert broken_rules(bundle("sql/procedures.sql", single_grant, grant_on_all)) == []


def test_a_finding_names_the_file_and_the_line() -> None:
    tree = bundle("sql/procedures.sql", "AS OWNER", "AS CALLER")
    assert [each.where for each in bundle_rules.nothing_forbidden(tree)] == ["sql/procedures.sql:2"]
