"""What fakesnow does not translate, or otherwise than Snowflake does.

Instants with a time zone, SYSTEM$TYPEOF, texts in a VARIANT, NULLs in objects and empty arrays.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import Expr, exp, parse_one

from snowflake_sandbox.errors import compilation
from snowflake_sandbox.sql import semistructured

_ZONED = (exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIMESTAMPLTZ)
_FUNCTIONS = ("TO_TIMESTAMP_TZ", "TO_TIMESTAMP_LTZ")
# what may be text: of the rest the type says that it is not
_PERHAPS_TEXT = (
    exp.Column,
    exp.Concat,
    exp.DPipe,
    exp.Trim,
    exp.Coalesce,
    exp.Case,
    exp.Nullif,
    exp.Max,
    exp.Min,
)
_ZONE = r"\s+([+-]\d{2}:?\d{2})$"
_NUMBERS = "'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UBIGINT'"

# Snowflake allows a space before the offset, DuckDB does not
_CAST = """
CASE WHEN TYPEOF(_value) = 'VARCHAR' THEN CAST(_text AS TIMESTAMPTZ)
     ELSE CAST(_value AS TIMESTAMPTZ) END
"""
_INSTANT = f"""
CASE WHEN TRY_CAST(_value AS BIGINT) IS NOT NULL
     THEN TO_TIMESTAMP(TRY_CAST(_value AS DOUBLE) / POWER(10, _scale)) ELSE {_CAST} END
"""
# The size in brackets follows the value of a number, as it is stored. UNVERIFIED in an account: it
# is after the tests of another emulator, which quote Snowflake's answers.
_SIZE = """
CASE WHEN ABS(_digits) < 128 THEN '[SB1]' WHEN ABS(_digits) < 32768 THEN '[SB2]'
     WHEN ABS(_digits) < 2147483648 THEN '[SB4]'
     WHEN ABS(_digits) < 9223372036854775808 THEN '[SB8]' ELSE '[SB16]' END
"""
_DIGITS = """
TRY_CAST("REPLACE"(CAST(_value AS TEXT), '.', '') AS HUGEINT)
"""
_TYPE = f"""
CASE WHEN TYPEOF(_value) LIKE 'DECIMAL%'
     THEN 'NUMBER' || SUBSTRING(TYPEOF(_value), 8) || {_SIZE.replace("_digits", _DIGITS)}
     WHEN TYPEOF(_value) IN ({_NUMBERS})
     THEN 'NUMBER(38,0)' || {_SIZE.replace("_digits", _DIGITS)}
     WHEN TYPEOF(_value) = '"NULL"' THEN 'NULL[LOB]'
     WHEN TYPEOF(_value) = 'VARCHAR' THEN 'VARCHAR(16777216)[LOB]'
     WHEN TYPEOF(_value) = 'BLOB' THEN 'BINARY(8388608)[LOB]'
     WHEN TYPEOF(_value) IN ('DOUBLE', 'FLOAT') THEN 'FLOAT[DOUBLE]'
     WHEN TYPEOF(_value) = 'BOOLEAN' THEN 'BOOLEAN[SB1]'
     WHEN TYPEOF(_value) = 'DATE' THEN 'DATE[SB4]'
     WHEN TYPEOF(_value) = 'TIME' THEN 'TIME(9)[SB8]'
     WHEN TYPEOF(_value) = 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP_TZ(9)[SB16]'
     WHEN TYPEOF(_value) LIKE 'TIMESTAMP%' THEN 'TIMESTAMP_NTZ(9)[SB16]'
     ELSE 'VARIANT[LOB]' END
"""


def convert(root: Expr) -> Expr:
    """Rewrite what fakesnow would not, in place where possible."""
    for node in reversed([node for node in root.bfs() if type(node) in _REWRITES]):
        new = _REWRITES[type(node)](node)
        if new is None:
            continue
        if node is root:
            root = new
        else:
            node.replace(new)
    return root


def _filled(template: str, **values: Expr) -> Expr:
    """Return DuckDB's expression with the values put into the places of ``_<name>``."""
    tree: Expr = parse_one(template, dialect="duckdb")
    for column in list(tree.find_all(exp.Column)):
        if column.name[1:] in values and column.name.startswith("_"):
            column.replace(exp.Paren(this=values[column.name[1:]].copy()))
    return tree


def _check_tried(node: Expr) -> None:
    """Refuse TRY_CAST and TRY_TO_… of what is no text, NULL without a type included.

    Snowflake documents them for text alone ("TRY_CAST"); the message is what others were answered
    of VARIANT, FLOAT and TIMESTAMP_NTZ, and frostlake's tests of NULL. Columns are not looked up.
    """
    value = node.this.unnest() if isinstance(node.this, Expr) else node.expressions[0].unnest()
    kind = next((name for name, kinds in _NO_TEXTS.items() if isinstance(value, kinds)), None)
    if isinstance(value, exp.Literal):
        kind = None if value.is_string else "NUMBER"
    if isinstance(value, exp.Anonymous):
        kind = "VARIANT" if value.name.upper() == "JSON_EXTRACT" else None
    if kind is not None:
        said = f"Function TRY_CAST cannot be used with arguments of types {kind}"
        raise compilation(f"{said} in {node.sql(dialect='snowflake')[:80]}", 1065, "22023")


def _tried(node: Expr) -> None:
    if node.args.get("safe"):
        _check_tried(node)


def _without_space(value: Expr) -> Expr:
    text = exp.Cast(this=value.copy(), to=exp.DataType.build("TEXT"))
    literals = [exp.Literal.string(_ZONE), exp.Literal.string("\\1")]
    # as a function of its own sqlglot would take it for Snowflake's, with other arguments
    return exp.Anonymous(this="REGEXP_REPLACE", expressions=[text, *literals])


def _cast(node: Expr) -> Expr | None:
    """Return a cast of text to a VARIANT, or with a space before its offset; else None."""
    if not isinstance(node, exp.Cast):
        return None
    if isinstance(node, exp.TryCast):
        _check_tried(node)
    if node.to.this == exp.DataType.Type.VARIANT and not isinstance(node, exp.TryCast):
        # '[1]'::VARIANT holds the text, as TO_VARIANT does; DuckDB would parse it as JSON
        return exp.ToVariant(this=node.this.copy())
    if node.to.this not in _ZONED or not _copyable(node.this):
        return None
    if not isinstance(node.this.unnest(), _PERHAPS_TEXT):
        return None
    template = _CAST.replace("CAST(", "TRY_CAST(") if isinstance(node, exp.TryCast) else _CAST
    return _filled(template, value=node.this, text=_without_space(node.this))


def _instant(node: Expr) -> Expr | None:
    if not isinstance(node, exp.UnixToTime):
        return None
    target = node.args.get("target_type")
    if not isinstance(target, exp.DataType) or target.this not in _ZONED:
        return None
    return _from_any(node.this, node.args.get("scale") or exp.Literal.number(0))


def _from_any(value: Expr, scale: Expr) -> Expr | None:
    """Return the instant of a number of seconds (or of their fractions), a text or a timestamp."""
    if not _copyable(value):
        return None
    return _filled(_INSTANT, value=value, scale=scale, text=_without_space(value))


def _detected(node: Expr) -> Expr | None:
    """Return TRY_TO_TIMESTAMP_NTZ without the format AUTO, which detects the format as no one."""
    _tried(node)
    target = node.args.get("target_type")
    is_plain = isinstance(target, exp.DataType) and target.this == exp.DataType.Type.TIMESTAMPNTZ
    form = node.args.get("format")
    if not is_plain or not node.args.get("safe") or form is None or form.name.upper() != "AUTO":
        return None
    return exp.Anonymous(this="TRY_TO_TIMESTAMP_NTZ", expressions=[node.this.copy()])


def _function(node: Expr) -> Expr | None:
    name = node.name.upper()
    arguments = node.expressions
    if name.startswith("TRY_TO_TIMESTAMP"):
        _check_tried(node)
    if name == semistructured.OBJECT_CONSTRUCT:
        return semistructured.without_nulls(arguments)
    if name in _FUNCTIONS and len(arguments) == 1:
        return _from_any(arguments[0], exp.Literal.number(0))
    if name == "SYSTEM$TYPEOF" and len(arguments) == 1 and _copyable(arguments[0]):
        return _type_of(arguments[0])
    return None


def _type_of(value: Expr) -> Expr:
    if isinstance(value, exp.Literal) and value.is_string:
        return exp.Literal.string(f"VARCHAR({len(value.name)})[LOB]")
    if isinstance(value, exp.Literal) and value.name.isdigit():
        typed = exp.DataType.build(f"DECIMAL({len(value.name)}, 0)")
        value = exp.Cast(this=value.copy(), to=typed)
    return _filled(_TYPE, value=value)


def _compared(parsed: Expr) -> Expr | None:
    """Let JSON that is compared be equal in any order of its keys and with any space.

    Snowflake compares VARIANTs so, says frostlake, whose tests were run against an account.
    """
    comparisons = exp.EQ | exp.NEQ | exp.NullSafeEQ | exp.NullSafeNEQ
    if not isinstance(parsed.parent, comparisons):
        return None
    return exp.Cast(this=parsed.copy(), to=_VARIANT_OF_DUCKDB.copy())


def _array(aggregate: Expr) -> None:
    """Let ARRAY_AGG of no value be an empty ARRAY, not NULL (Snowflake, "ARRAY_AGG")."""
    if isinstance(group := aggregate.parent, exp.WithinGroup):
        order = group.expression.expressions
        ordered = exp.Order(this=aggregate.this.copy(), expressions=order)
        aggregate = exp.ArrayAgg(this=ordered, nulls_excluded=True)
        group.replace(aggregate)
    json = exp.DataType(this=exp.DataType.Type.JSON)
    _or_empty(aggregate, exp.Cast(this=exp.Literal.string("[]"), to=json))


def _list(aggregate: Expr) -> None:
    """Let LISTAGG of no value be an empty text, not NULL (Snowflake, "LISTAGG")."""
    _or_empty(aggregate, exp.Literal.string(""))


def _or_empty(aggregate: Expr, empty: Expr) -> None:
    while isinstance(aggregate.parent, exp.WithinGroup | exp.Window | exp.Filter):
        aggregate = aggregate.parent
    aggregate.replace(exp.Coalesce(this=aggregate.copy(), expressions=[empty]))


def _copyable(value: Expr) -> bool:
    """Whether an expression may stand in a statement more than once: a bound value is counted."""
    return value.find(exp.Placeholder) is None


# not Snowflake's, which fakesnow makes JSON
_VARIANT_OF_DUCKDB = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind="VARIANT")
_NO_TEXTS: dict[str, tuple[type[Expr], ...]] = {
    "NULL": (exp.Null,),
    "VARIANT": (exp.JSONExtract, exp.ParseJSON, exp.ToVariant),
    "BOOLEAN": (exp.Boolean,),
}
_REWRITES: dict[type[Expr], Callable[[Expr], Expr | None]] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.UnixToTime: _instant,
    exp.StrToTime: _detected,
    exp.Anonymous: _function,
    exp.ArrayAgg: _array,
    exp.GroupConcat: _list,
    exp.ParseJSON: _compared,
    exp.ToNumber: _tried,
    exp.ToDouble: _tried,
    exp.ToBoolean: _tried,
    exp.TsOrDsToDate: _tried,
}
