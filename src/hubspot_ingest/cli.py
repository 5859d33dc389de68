"""``hubspot-ingest``: the product on a laptop. Every command only calls procedures and views."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence

from hubspot_ingest.errors import IngestError, StorageFull
from hubspot_ingest.laptop import home, lifetime, logs

FORMATS = ("table", "vertical", "markdown", "json", "csv")
FIRST_STEPS = """
first steps:
  hubspot-ingest demo    no account needed: a local HubSpot into a local table, and what changed
  hubspot-ingest ui      the page: connect your HubSpot, choose what to keep, watch it
  hubspot-ingest sql "CALL ingest_hubspot('contacts')"
                         one object, read with the service key in $HUBSPOT_TOKEN"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, 1 (it failed; one line on stderr says why) or 2 (usage).

    Without ``argv`` the process is this command's alone, and ends with it.
    """
    if argv is None:
        return lifetime.begin()(_status(sys.argv[1:]))
    return _status(list(argv))


def _status(arguments: list[str]) -> int:
    try:
        return _run(arguments)
    except IngestError as error:
        return _fail(error)
    except KeyboardInterrupt:
        home.leave()
    except BrokenPipeError:
        # who reads, such as head, wants no more; on its way out Python would write what is left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _fail(_storage_full(error) or home.internal_error(error))


def _fail(error: IngestError) -> int:
    print(f"hubspot-ingest: {error.response_code}: {error.message}", file=sys.stderr)
    return 1


def _storage_full(error: Exception) -> IngestError | None:
    """The error to show where there is no room for what is written; None of any other."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    # on its way out Python would write what is left
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return StorageFull(
        f"there is no room left to write to ({error.strerror}); free some, or write the result to "
        "another place: what was committed before stays"
    )


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["sandbox"]:
        from hubspot_sandbox import command

        return command.main(arguments[1:])
    parser = _parser()
    if not arguments:
        print(parser.format_help() + FIRST_STEPS)
        return 0
    options = parser.parse_args(arguments)
    # rows, credentials and passwords are in what is written: for this user alone
    os.umask(0o077)
    logs.begin()
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hubspot-ingest",
        description="HubSpot data in Snowflake tables: the product on a laptop. State lies under "
        "$HUBSPOT_INGEST_HOME (.hubspot-ingest).",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="a local HubSpot into a local table, and what changed")
    demo.set_defaults(run=_demo)

    sql = commands.add_parser("sql", help="run a statement on the local engine")
    sql.add_argument("statement", help="for example \"CALL ingest_hubspot('contacts')\"")
    sql.add_argument("--format", choices=FORMATS, default="table")
    sql.set_defaults(run=_sql)

    serve = commands.add_parser("serve", help="the local engine as a Snowflake endpoint")
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one")
    serve.set_defaults(run=_serve)

    sources = commands.add_parser("sources", help="dbt's sources.yml of what landed")
    sources.add_argument(
        "--connection", metavar="NAME",
        help="of ~/.snowflake/connections.toml: what landed there, not on the local engine",
    )  # fmt: skip
    sources.add_argument("--application", default="HUBSPOT_INGEST", help="the app's name there")
    sources.set_defaults(run=_sources)

    ui = commands.add_parser("ui", help="the Streamlit page on the local engine")
    ui.add_argument("--port", type=int, default=0, help="0 takes a free one")
    ui.set_defaults(run=_ui)

    commands.add_parser("sandbox", help="a local HubSpot alone; see its own --help")
    return parser


def _demo(_options: argparse.Namespace) -> int:
    from hubspot_ingest.laptop import demo

    return demo.run()


def _sql(options: argparse.Namespace) -> int:
    from hubspot_ingest.laptop import statements

    return statements.run(options.statement, options.format)


def _serve(options: argparse.Namespace) -> int:
    from hubspot_ingest.laptop import serving

    return serving.run(options.port)


def _sources(options: argparse.Namespace) -> int:
    from hubspot_ingest.laptop import sources

    return sources.run(options.connection, options.application)


def _ui(options: argparse.Namespace) -> int:
    from hubspot_ingest.laptop import ui

    return ui.run(options.port)


if __name__ == "__main__":
    sys.exit(main())
