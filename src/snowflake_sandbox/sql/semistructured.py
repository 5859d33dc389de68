"""Rewrites expressions on VARIANT, OBJECT and ARRAY for DuckDB's JSON functions."""

from __future__ import annotations

import json

from sqlglot import Expr, exp

from snowflake_sandbox.errors import unsupported

_TEXTS = (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.CHAR)
_EXTRACT = "JSON_EXTRACT"
OBJECT_CONSTRUCT = "OBJECT_CONSTRUCT"


def normalize(root: Expr) -> Expr:
    """Rewrite constants, element access and casts to text, in place where possible."""
    return _text_of_variants(_elements(_lists(_objects(_constants(_tried(root))))))


def refuse_nul(root: Expr) -> Expr:
    """Make PARSE_JSON of a column fail for JSON with U+0000.

    Source: snowflake-ingest-java, issue 870, on values Snowflake cannot parse; UNVERIFIED for
    PARSE_JSON itself.
    """
    for node in reversed(list(root.find_all(exp.ParseJSON))):
        if not isinstance(node.this, exp.Column) or node.args.get("safe"):
            continue
        escape = exp.Literal.string("\\u0000")
        # after an even number of backslashes it is the character, else a text that looks like it
        pattern = exp.Literal.string(r"(^|[^\\])(\\\\)*\\u0000")
        has_nul = exp.and_(
            exp.Anonymous(this="CONTAINS", expressions=[node.this.copy(), escape]),
            exp.Anonymous(this="REGEXP_MATCHES", expressions=[node.this.copy(), pattern]),
        )
        message = exp.Literal.string("Error parsing JSON: invalid character")
        failure = exp.Anonymous(this="ERROR", expressions=[message])
        case = exp.Case(ifs=[exp.If(this=has_nul, true=failure)], default=node.copy())
        root = _replace(root, node, case)
    return root


def _tried(root: Expr) -> Expr:
    """Parse what is JSON for ``TRY_PARSE_JSON``: a cast would keep its spelling."""
    for node in reversed(list(root.find_all(exp.ParseJSON))):
        if node.args.get("safe"):
            is_json = exp.Anonymous(this="JSON_VALID", expressions=[node.this.copy()])
            text = exp.Case(ifs=[exp.If(this=is_json, true=node.this.copy())])
            root = _replace(root, node, exp.ParseJSON(this=text))
    return root


def _replace(root: Expr, node: Expr, new: Expr) -> Expr:
    if node is root:
        return new
    node.replace(new)
    return root


def _constants(root: Expr) -> Expr:
    """Replace object and array constants, e.g. ``{'a': [1, 'x']}``, by JSON functions.

    sqlglot reads ``OBJECT_CONSTRUCT('a', x)`` as a constant whose keys are texts; it stays a call,
    for ``without_nulls``.
    """
    for node in reversed(list(root.find_all(exp.Struct, exp.Array))):
        values: list[Expr] = []
        name = "JSON_ARRAY"
        for item in node.expressions:
            if isinstance(node, exp.Array):
                values.append(item)
            elif not isinstance(item, exp.PropertyEQ):
                raise unsupported(node.sql(dialect="snowflake")[:80])
            elif isinstance(item.this, exp.Identifier):
                values += [exp.Literal.string(item.this.name), item.expression]
            else:
                values += [item.this, item.expression]
        if isinstance(node, exp.Struct):
            is_constant = any(isinstance(item.this, exp.Identifier) for item in node.expressions)
            name = "JSON_OBJECT" if is_constant else OBJECT_CONSTRUCT
        root = _replace(root, node, exp.Anonymous(this=name, expressions=values))
    return root


def without_nulls(arguments: list[Expr]) -> Expr:
    """Return ``OBJECT_CONSTRUCT(…)``, which leaves out a pair of which either is SQL NULL.

    A JSON null stays (Snowflake, "OBJECT_CONSTRUCT", usage notes).
    """
    members = []
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        name = exp.DPipe(this=_json(key), expression=exp.Literal.string(":"))
        members.append(exp.DPipe(this=name, expression=_json(value)))
    between = exp.Literal.string(",")
    # passes over members that are NULL
    joined = exp.Anonymous(this="CONCAT_WS", expressions=[between, *members])
    inside = joined if members else exp.Literal.string("")
    braces = [exp.Literal.string("{"), inside, exp.Literal.string("}")]
    text = exp.Anonymous(this="CONCAT", expressions=braces)
    return exp.Cast(this=text, to=exp.DataType(this=exp.DataType.Type.JSON))


def _json(value: Expr) -> Expr:
    return exp.Anonymous(this="TO_JSON", expressions=[value.copy()])


def _lists(root: Expr) -> Expr:
    """Convert the array arguments of TRANSFORM and ARRAY_TO_STRING to lists of texts.

    A TRANSFORM is supported only where its lambda casts the argument to VARCHAR.
    """
    for node in reversed(list(root.find_all(exp.Transform, exp.ArrayToString))):
        texts = [node.this.copy(), exp.Literal.string('["VARCHAR"]')]
        node.set("this", exp.Anonymous(this="FROM_JSON", expressions=texts))
        if isinstance(node, exp.Transform):
            function = node.expression
            typed = isinstance(function, exp.Lambda) and len(function.expressions) == 1
            casts = list(function.find_all(exp.Cast)) if typed else []
            argument = function.expressions[0] if typed else None
            if not any(cast.this == argument and cast.to.this in _TEXTS for cast in casts):
                raise unsupported(node.sql(dialect="snowflake")[:80])
            json_text = exp.Anonymous(this="TO_JSON", expressions=[node.copy()])
            root = _replace(root, node, json_text)
    return root


def _objects(root: Expr) -> Expr:
    """Replace ``OBJECT_CONSTRUCT_KEEP_NULL('a', x, …)`` by one function where keys are constants.

    Keys that are computed, which may be NULL, are left to fakesnow's slower way.
    """
    for node in reversed(list(root.find_all(exp.JSONObject))):
        pairs = node.expressions
        constant_keys = [
            isinstance(pair, exp.JSONKeyValue) and pair.this.is_string for pair in pairs
        ]
        if all(constant_keys):
            values = [value for pair in pairs for value in (pair.this, pair.expression)]
            root = _replace(root, node, exp.Anonymous(this="JSON_OBJECT", expressions=values))
    return root


def _elements(root: Expr) -> Expr:
    """Replace ``GET(v, 'key')``, ``v['key']`` and ``v[0]`` by one function; the key is no path."""
    for node in reversed(list(root.find_all(exp.GetExtract, exp.Bracket))):
        key = node.expression if isinstance(node, exp.GetExtract) else node.expressions[0]
        if not isinstance(key, exp.Literal):
            raise unsupported(node.sql(dialect="snowflake")[:80])
        path = (
            f"$.{json.dumps(key.name, ensure_ascii=False)}" if key.is_string else f"$[{key.name}]"
        )
        arguments = [node.this, exp.Literal.string(path)]
        root = _replace(root, node, exp.Anonymous(this=_EXTRACT, expressions=arguments))
    return root


def _text_of_variants(root: Expr) -> Expr:
    """Let ``v::VARCHAR`` of a VARIANT that holds text return the text without quotes.

    Which columns are VARIANT is not known here; DuckDB decides when it binds the query. Paths,
    ``v:a.b``, are left to fakesnow.
    """
    for char in list(root.find_all(exp.ToChar)):
        if char.args.get("format") is None:
            to = exp.DataType(this=exp.DataType.Type.VARCHAR)
            root = _replace(root, char, exp.Cast(this=char.this, to=to))
        elif char.args["format"].name.upper() == "YYYY-MM-DD":
            spelled = [char.this, exp.Literal.string("%Y-%m-%d")]
            root = _replace(root, char, exp.Anonymous(this="STRFTIME", expressions=spelled))
    for node in list(root.find_all(exp.Cast)):
        if isinstance(node, exp.TryCast) or node.to.this not in _TEXTS:
            continue
        inner = node.this.unnest()
        is_cast = isinstance(inner, exp.Cast) and inner.to.this == exp.DataType.Type.VARIANT
        if is_cast or isinstance(inner, exp.ToVariant):
            # as text it is what it was before
            node.set("this", inner.this)
            inner = inner.this.unnest()
        if isinstance(inner, exp.Anonymous) and inner.name == _EXTRACT:
            inner.set("this", "JSON_EXTRACT_STRING")
        elif isinstance(inner, exp.Column):
            kind = exp.Anonymous(this="TYPEOF", expressions=[inner.copy()])
            as_json = exp.Anonymous(this="TO_JSON", expressions=[inner.copy()])
            test = exp.EQ(this=kind, expression=exp.Literal.string("JSON"))
            text = exp.Anonymous(
                this="JSON_EXTRACT_STRING", expressions=[as_json, exp.Literal.string("$")]
            )
            case = exp.Case(ifs=[exp.If(this=test, true=text)], default=node.copy())
            root = _replace(root, node, case)
    return root
