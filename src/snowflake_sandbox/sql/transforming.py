"""Applies fakesnow's transformations to queries and DML, each only to the nodes it may change.

fakesnow walks the whole tree once per transformation, some 75 times: 0.15 s for a MERGE of 60
columns, 6 s for one of 2,000. The result here is the same; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from fakesnow import transforms
from fakesnow.params import MutableParams
from sqlglot import Expr, exp

TRANSACTION = "current_transaction"
"""The variable of a connection of DuckDB that holds the id of its open transaction."""

USER = "current_user_name"
"""The variable that holds the name of the session's user."""

_Transform = Callable[[Expr], Expr]
# in fakesnow's order; those for DDL, SHOW, stages and aggregates are left out
_STEPS: tuple[tuple[_Transform, tuple[type[Expr], ...]], ...] = (
    (transforms.upper_case_unquoted_identifiers, (exp.Identifier,)),
    (transforms.current_version, (exp.CurrentVersion,)),
    (transforms.information_schema_fs, (exp.Table,)),
    (transforms.semi_structured_types, (exp.DataType,)),
    (transforms.try_parse_json, (exp.Anonymous,)),
    (transforms.split, (exp.Split,)),
    (transforms.trim_cast_varchar, (exp.Trim,)),
    (transforms.indices_to_json_extract, (exp.Bracket,)),
    (transforms.json_extract_cast_as_varchar, (exp.Cast,)),
    (transforms.json_extract_cased_as_varchar, (exp.Upper, exp.Lower)),
    (transforms.json_extract_precedence, (exp.JSONExtract, exp.JSONExtractScalar)),
    (transforms.flatten_value_cast_as_varchar, (exp.Cast,)),
    (transforms.flatten, (exp.Lateral, exp.TableFromRows)),
    (transforms.regex_replace, (exp.RegexpReplace,)),
    (transforms.regex_substr, (exp.RegexpExtract,)),
    (transforms.sequence_nextval, (exp.Column,)),
    (transforms.values_columns, (exp.Values,)),
    (transforms.to_date, (exp.Anonymous,)),
    (transforms.timestamp_offsets, (exp.Cast,)),
    (transforms.to_decimal, (exp.ToNumber,)),
    (transforms.to_timestamp, (exp.UnixToTime, exp.Anonymous, exp.Cast)),
    (transforms.to_variant, (exp.ToVariant,)),
    (transforms.object_construct, (exp.StarMap, exp.Struct, exp.JSONObject)),
    (transforms.timestamp_ntz, (exp.DataType,)),
    (transforms.float_to_double, (exp.DataType,)),
    (transforms.integer_precision, (exp.DataType,)),
    (transforms.sample, (exp.TableSample,)),
    (transforms.array_size, (exp.ArraySize,)),
    (transforms.random, (exp.Select,)),
    (transforms.array_agg_within_group, (exp.WithinGroup,)),
    (transforms.array_agg, (exp.ArrayAgg, exp.Window)),
    (transforms.object_agg, (exp.ObjectAgg,)),
    (transforms.array_construct_etc, (exp.ArrayConstructCompact, exp.Array, exp.ArrayConcat)),
    (transforms.dateadd_date_cast, (exp.DateAdd,)),
    (transforms.dateadd_string_literal_timestamp_cast, (exp.DateAdd,)),
    (transforms.datediff_string_literal_timestamp_cast, (exp.DateDiff,)),
    (transforms.haversine, (exp.Anonymous,)),
    (transforms.hex_string, (exp.HexString,)),
    (transforms.sha256, (exp.SHA2, exp.SHA2Digest, exp.Anonymous)),
    (transforms.alias_in_join, (exp.Select,)),
    (transforms.alias_in_where, (exp.Select,)),
)
# these change nodes in place, so that the new nodes are not in the index yet
_IN_PLACE = (
    transforms.information_schema_fs,
    transforms.json_extract_cast_as_varchar,
    transforms.json_extract_cased_as_varchar,
    transforms.flatten_value_cast_as_varchar,
    transforms.values_columns,
)


def transform(root: Expr, params: MutableParams | None, schema: str | None) -> Expr:
    """Transform a query or DML, in place.

    Args:
        root: the statement, as parsed.
        params: bound values; those of ``IDENTIFIER(?)`` are taken out.
        schema: the current schema.
    """
    tree = _Tree(root)
    tree.apply(lambda node: transforms.identifier(node, params), (exp.Table,))
    for step, kinds in _STEPS:
        tree.apply(step, kinds)
        if step is transforms.information_schema_fs:
            tree.apply(
                lambda node: transforms.information_schema_databases(node, schema), (exp.Table,)
            )
        if step in _IN_PLACE and tree.has(kinds):
            tree.index()
    tree.apply(_current_transaction, (exp.CurrentTransaction,))
    tree.apply(_current_user, (exp.CurrentUser,))
    tree.apply(_nanoseconds, (exp.TimestampTzFromParts,))
    tree.apply(_without_collation, (exp.Collate,))
    return _milliseconds(tree.root)


def _current_transaction(_: Expr) -> Expr:
    return exp.Anonymous(this="getvariable", expressions=[exp.Literal.string(TRANSACTION)])


def _current_user(_: Expr) -> Expr:
    return exp.Anonymous(this="getvariable", expressions=[exp.Literal.string(USER)])


def _without_collation(collated: Expr) -> Expr:
    """An empty specification is none (Snowflake, "Collation support")."""
    specification = collated.args["expression"]
    if isinstance(specification, exp.Literal) and specification.name == "":
        collated.set("expression", exp.to_identifier("C"))
    return collated


def _nanoseconds(instant: Expr) -> Expr:
    """DuckDB has seconds with decimals instead."""
    if (nano := instant.args.get("nano")) is not None:
        billion = exp.Literal.number("1000000000.0")
        seconds = exp.Paren(this=exp.Div(this=nano.copy(), expression=billion))
        instant.set("sec", exp.Add(this=instant.args["sec"].copy(), expression=seconds))
        instant.set("nano", None)
    return instant


def _milliseconds(root: Expr) -> Expr:
    """Convert whole milliseconds directly, not by DECIMAL, DOUBLE and a time zone.

    The same as fakesnow's macro for ``TO_TIMESTAMP_NTZ(x::NUMBER(38, 0), 3)``, or with
    ``TRY_TO_NUMBER(x)``, but exact, and DuckDB plans and does it in a tenth of the time; what is no
    BIGINT still goes by DECIMAL.
    """
    for node in list(root.find_all(exp.Anonymous)):
        if node.name != "_fs_to_timestamp" or len(node.expressions) != 2:
            continue
        number, scale = node.expressions
        if not isinstance(number, exp.Cast) or scale.name != "3":
            continue
        kind = number.to.sql(dialect="duckdb")
        if kind == "BIGINT":
            node.replace(exp.Anonymous(this="EPOCH_MS", expressions=[number.copy()]))
        if kind != "DECIMAL(38, 0)" or not isinstance(number, exp.TryCast):
            continue
        whole = exp.DataType(this=exp.DataType.Type.BIGINT)
        quick = exp.TryCast(this=number.this.copy(), to=whole.copy())
        slow = exp.Cast(this=number.copy(), to=whole)
        value = exp.Coalesce(this=quick, expressions=[slow])
        node.replace(exp.Anonymous(this="EPOCH_MS", expressions=[value]))
    return root


class _Tree:
    """A syntax tree with its nodes by kind."""

    def __init__(self, root: Expr) -> None:
        self.root = root
        self.index()

    def index(self) -> None:
        """Index every node by its kind, outer ones before inner ones."""
        self._nodes: dict[type[Expr], list[Expr]] = defaultdict(list)
        for node in self.root.dfs():
            self._nodes[type(node)].append(node)

    def has(self, kinds: tuple[type[Expr], ...]) -> bool:
        """Whether there is a node of these kinds."""
        return any(issubclass(kind, kinds) for kind in self._nodes)

    def apply(self, step: _Transform, kinds: tuple[type[Expr], ...]) -> None:
        """Apply a transformation to the nodes of some kinds, but not to nodes it just created."""
        new_ids: set[int] = set()
        new_nodes: list[Expr] = []
        matching = [node_kind for node_kind in self._nodes if issubclass(node_kind, kinds)]
        for kind in matching:
            unchanged: list[Expr] = []
            for node in self._nodes[kind]:
                if id(node) in new_ids:
                    unchanged.append(node)
                    continue
                parent, key, place = node.parent, node.arg_key, node.index
                if parent is None and node is not self.root:
                    # it was part of a node that was replaced
                    continue
                new = step(node)
                if new is node:
                    unchanged.append(node)
                    continue
                if parent is None:
                    self.root = new
                elif key is not None:
                    parent.set(key, new, place)
                inside = list(new.dfs())
                new_ids.update(id(part) for part in inside)
                new_nodes.extend(inside)
            self._nodes[kind] = unchanged
        indexed_ids = {
            id(node) for kind in {type(node) for node in new_nodes} for node in self._nodes[kind]
        }
        for node in new_nodes:
            if id(node) not in indexed_ids:
                indexed_ids.add(id(node))
                self._nodes[type(node)].append(node)
