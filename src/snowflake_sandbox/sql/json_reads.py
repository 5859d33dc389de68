"""Reads a JSON column once where a query reads many values of it.

DuckDB parses the text anew for each value, and keeps what it parsed until it has done 2,048 rows:
a comparison of 400 values in 300 rows took more than 18 GB, and takes 0.1 GB this way.
"""

from __future__ import annotations

from collections import defaultdict

from sqlglot import Expr, exp

# up to so many reads of a column are left as they are
FEW = 16
_READS = "_reads_of_"


def share(root: Expr) -> Expr:
    """Rewrite a query of one table, in place; anything else stays as it is.

    Args:
        root: the statement as DuckDB is to get it.
    """
    table = _only_table(root)
    if table is None:
        return root
    reads: dict[str, list[exp.JSONExtractScalar]] = defaultdict(list)
    for node in root.find_all(exp.JSONExtractScalar):
        if isinstance(node.this, exp.Column) and isinstance(node.expression, exp.JSONPath):
            reads[node.this.sql(dialect="duckdb")].append(node)
    shared = {column: nodes for column, nodes in reads.items() if len(nodes) > FEW}
    if not shared:
        return root
    added: list[Expr] = []
    for number, nodes in enumerate(shared.values()):
        places: dict[str, int] = {}
        column = nodes[0].this.copy()
        name = exp.to_identifier(f"{_READS}{number}", quoted=True)
        for node in nodes:
            place = places.setdefault(_path(node), len(places) + 1)
            at = exp.Literal.number(place)
            read = exp.Anonymous(this="LIST_EXTRACT", expressions=[exp.column(name.copy()), at])
            node.replace(read)
        paths = exp.Array(expressions=[exp.Literal.string(path) for path in places])
        values = exp.Anonymous(this="JSON_EXTRACT_STRING", expressions=[column, paths])
        # what is volatile is not copied to where it is used
        always = exp.LT(this=exp.Anonymous(this="RANDOM"), expression=exp.Literal.number(2))
        once = exp.Case(ifs=[exp.If(this=always, true=values)])
        added.append(exp.alias_(once, name.copy()))
    inner = exp.select(exp.Star(), *added).from_(table.copy())
    moved = _movable(root)
    if moved is not None:
        inner = inner.where(moved, copy=False)
    alias = exp.to_identifier(table.alias_or_name, quoted=True)
    table.replace(exp.Subquery(this=inner, alias=exp.TableAlias(this=alias)))
    return root


def _only_table(root: Expr) -> exp.Table | None:
    """The table of a query that reads one and nothing else, without a star."""
    if not isinstance(root, exp.Select) or any(root.args.get(part) for part in ("joins", "with_")):
        return None
    if root.find(exp.Star, exp.Subquery, exp.Lateral, exp.Exists):
        return None
    # what has no alias is named by its text
    if not all(isinstance(value, exp.Alias | exp.Column) for value in root.selects):
        return None
    tables = list(root.find_all(exp.Table))
    if len(tables) != 1 or sum(1 for _ in root.find_all(exp.Select)) != 1:
        return None
    (table,) = tables
    return table if isinstance(table.parent, exp.From) and not table.args.get("joins") else None


def _path(node: exp.JSONExtractScalar) -> str:
    literal = str(node.expression.sql(dialect="duckdb"))
    return literal[1:-1].replace("''", "'")


def _movable(root: Expr) -> Expr | None:
    """Take out of WHERE the conditions that read no JSON, to be checked first; None: no such."""
    where = root.args.get("where")
    if where is None:
        return None
    conditions = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    early = [
        condition
        for condition in conditions
        if not any(column.name.startswith(_READS) for column in condition.find_all(exp.Column))
    ]
    binds = sum(1 for condition in early for _ in condition.find_all(exp.Placeholder))
    # binds are counted by place, and stay in order where they all move
    if not early or binds != sum(1 for _ in root.find_all(exp.Placeholder)):
        return None
    late = [condition for condition in conditions if condition not in early]
    moved = exp.and_(*early)
    root.set("where", exp.Where(this=exp.and_(*late)) if late else None)
    return moved
