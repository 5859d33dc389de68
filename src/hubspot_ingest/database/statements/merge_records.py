"""The MERGE of staged records into their table. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database.columns import (
    BOOKKEEPING,
    DELETE_KIND,
    DELETED_AT,
    KEY,
    STAMPS,
    UPDATED,
    Column,
    Type,
)
from hubspot_ingest.database.sql import INSTANT, Table, name, typed
from hubspot_ingest.database.statements.merge import Merge


def merge(
    table: Table,
    staging: str,
    staged: Sequence[Column],
    *,
    revive: bool,
    insert: bool = True,
    distinct: bool = False,
    overrule: bool = False,
) -> Merge:
    """Merges the staged rows into the destination; binds: portal id, run id, now.

    The newest version of a record wins, an older one never overwrites it, and an unchanged row is
    not updated, so that ``_RUN_ID`` and the counts show what changed. Columns that were not staged
    are not set, nor are associations that were not fetched. A row marked as deleted is revived by a
    newer version; with ``revive`` (the rows come from HubSpot's primary store, not from its search
    index) by any version. ``distinct``: no id was staged twice, so no newest version is sought.
    ``overrule``: the rows come from the primary store just now and replace whatever version the
    table has, a later one too: HubSpot once told a wrong time.
    """
    values = ",\n    ".join(f"{typed(column)} AS {name(column.name)}" for column in staged)
    key, updated, kind = name(KEY), name(UPDATED), name(DELETE_KIND.name)
    deleted = DELETE_KIND in staged
    reasons = [f"s.{updated} {'IS DISTINCT FROM' if overrule else '>'} t.{updated}"]
    if deleted:
        # deleted, restored and deleted again since: the kind is the same, the time is not
        at = name(DELETED_AT.name)
        reasons += [f"t.{column} IS DISTINCT FROM s.{column}" for column in (kind, at)]
    elif revive:
        reasons.append(f"t.{kind} IS NOT NULL")
    else:
        # a record can match the filter again without a new version
        reasons.append(f"t.{kind} = 'FILTERED_OUT'")
    changed = " OR ".join(_changed(column) for column in staged if column.type in _CONTENT)
    reasons.append(f"({changed})" if deleted or revive else f"(t.{kind} IS NULL AND ({changed}))")
    stamps = [column.name for column in STAMPS]
    inserted = [*(column.name for column in staged), *stamps]
    emptied = [column.name for column in BOOKKEEPING if column.name not in inserted]
    sets = ", ".join(
        [
            *(
                f"{name(column.name)} = {_new_value(column)}"
                for column in staged
                if column.name != KEY
            ),
            *(f"{name(column)} = s.{name(column)}" for column in stamps),
            *(f"{name(column)} = NULL" for column in emptied),
        ]
    )
    newest = (
        ""
        if distinct
        else f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {key} "
        f"ORDER BY TRY_TO_NUMBER({updated}) DESC NULLS LAST) = 1\n"
    )
    return Merge(
        table,
        f"  SELECT\n    {values},\n"
        '    CAST(? AS VARCHAR) AS "_PORTAL_ID", CAST(? AS VARCHAR) AS "_RUN_ID",\n'
        f'    {INSTANT} AS "_SYNCED_AT"\n'
        f"  FROM {staging}\n{newest}".rstrip(),
        f"t.{key} = s.{key}",
        sets,
        ("" if overrule else f"(t.{updated} IS NULL OR s.{updated} >= t.{updated}) AND ")
        + f"(t.{updated} IS NULL OR {' OR '.join(reasons)})",
        [(name(column), name(column)) for column in inserted] if insert else (),
    )


_CONTENT = (Type.VARIANT, Type.ARRAY)


def _changed(column: Column) -> str:
    quoted = name(column.name)
    changed = f"TO_JSON(s.{quoted}) IS DISTINCT FROM TO_JSON(t.{quoted})"
    return f"(s.{quoted} IS NOT NULL AND {changed})" if column.type is Type.ARRAY else changed


def _new_value(column: Column) -> str:
    """The value an update sets; associations that were not fetched stay."""
    quoted = name(column.name)
    if column.type is Type.ARRAY:
        return f"COALESCE(s.{quoted}, t.{quoted})"
    return f"s.{quoted}"
