"""The quick way through fakesnow's transformations ends where the long one does."""

from __future__ import annotations

import pytest
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one

from snowflake_sandbox import Engine, SqlError
from snowflake_sandbox.sql.transforming import transform

STATEMENTS = [
    "select a, b as c from t where a = 'x' and \"q\" is not null",
    "select v:a.b::string as x, v['k'][0]::number as n, upper(v:z::string) u from t",
    "select v:a:b::variant, get_path(v, 'a.b'), try_parse_json(x), parse_json(y)::array from t",
    "select to_timestamp_ntz(try_to_number(x), 0) as t, try_to_date(d, 'YYYY-MM-DD') as d from t",
    "select try_to_number(x, 38, 18), to_number('1'), try_cast(x as number(38,9)) from t",
    "select to_timestamp('2020-01-01'), '2020-01-01'::timestamp_ntz(3), x::timestamp_tz from t",
    "select object_construct('a', 1, 'b', null), object_construct(*), array_construct(1, 2) from t",
    "select array_agg(distinct x) within group (order by x), array_size(y) from t group by all",
    "select object_agg(k, v), count(x), max(try_cast(y as float)) from t group by z having z > 1",
    "select f.value::string s from t, lateral flatten(input => t.v:items) f",
    "select value from table(flatten(input => parse_json(?)))",
    "select column1, column2 from values (1, 'a'), (2, 'b')",
    "select dateadd(day, 1, '2020-01-01'::date), datediff('hour', '2020-01-01', x) from t",
    "select regexp_replace(a, 'x', 'y'), regexp_substr(a, 'x+'), split(a, ','), trim(b) from t",
    "select * from information_schema.columns where table_name = 't'",
    "select table_name from lab.information_schema.tables order by 1 limit 5",
    "select *, row_number() over (partition by a order by b desc nulls last) r from t qualify r=1",
    "with c as (select a from t) select c.a, u.b from c join u on c.a = u.a union all select 1, 2",
    "select a from identifier('lab.bench.t') where b in (select b from u) and exists (select 1)",
    "select iff(a > 1, sha2(b), md5(c)), nvl(d, 0), random(), uuid_string(), sysdate() from t",
    "insert into t (a, b) select ?, parse_json(?)",
    "insert into t values (1, 'x'), (2, null)",
    "update t set a = u.b, v = parse_json(?) from u where t.id = u.id",
    "delete from t using u where t.id = u.id",
    "merge into t using (select id, try_to_boolean(b) b, to_json(v) v from s) s on t.id = s.id"
    " when matched and s.b then update set b = s.b, v = s.v"
    " when not matched then insert (id, b) values (s.id, s.b)",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_both_ways_end_in_the_same_sql(shared: Engine, statement: str) -> None:
    connection = FakeSnowflakeConnection(
        shared.store.cursor(), {}, "LAB", create_database=False, create_schema=False
    )
    long = FakeSnowflakeCursor(connection, shared.store.cursor())._transform(
        parse_one(statement), []
    )
    quick = transform(parse_one(statement), [], connection.schema)
    assert quick.sql(dialect="duckdb") == long.sql(dialect="duckdb")


@pytest.mark.parametrize(
    ("staged", "instant"),
    [
        ("1700000000123", "2023-11-14 22:13:20.123"),
        ("1700000000123.6", "2023-11-14 22:13:20.124"),
        ("-1", "1969-12-31 23:59:59.999"),
        ("1e3", "1970-01-01 00:00:01"),
        (" 5 ", "1970-01-01 00:00:00.005"),
        ("253402300799999", "9999-12-31 23:59:59.999"),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_milliseconds_are_read_exactly(
    shared: Engine, staged: str | None, instant: str | None
) -> None:
    staging = "(SELECT CAST(? AS VARCHAR) AS X)"
    text = f"SELECT TO_TIMESTAMP_NTZ(TRY_TO_NUMBER(X), 3)::VARCHAR FROM {staging}"
    assert shared.sql(text, [staged]) == [(instant,)]


def test_milliseconds_beyond_all_times_are_refused(shared: Engine) -> None:
    with pytest.raises(SqlError):
        shared.sql("SELECT TO_TIMESTAMP_NTZ(TRY_TO_NUMBER('99999999999999999999'), 3)")


def test_an_instant_is_made_of_its_parts_to_the_millisecond(shared: Engine) -> None:
    instant = "TIMESTAMP_TZ_FROM_PARTS(1970, 1, 2, 0, 0, 3, 5000000, 'UTC')"
    text = f"SELECT DATE_PART(EPOCH_MILLISECOND, {instant})"
    assert shared.sql(text) == [("86403005",)]
