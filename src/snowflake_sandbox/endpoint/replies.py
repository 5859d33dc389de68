"""Builds the endpoint's JSON replies: results, errors, the address of a pending result."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from snowflake_sandbox.endpoint.arrow import to_ipc
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession

IN_PROGRESS = "333333"
OK: dict[str, Any] = {"data": None, "code": None, "message": None, "success": True}


def pending(query_id: str) -> dict[str, Any]:
    """Return the reply that sends the client to the address of the result."""
    return {
        "data": {"getResultUrl": f"/queries/{query_id}/result", "queryId": query_id},
        "code": IN_PROGRESS,
        "message": "Query execution in progress.",
        "success": True,
    }


def success(session: LocalSession, result: Result) -> dict[str, Any]:
    """Return the reply with a result, or with the instructions of a PUT or GET."""
    if result.transfer is not None:
        data = {**result.transfer, "queryId": result.query_id}
        return {"data": data, "code": None, "message": None, "success": True}
    data = {
        "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
        "rowtype": result.columns,
        "total": len(result.rows) if result.table is None else result.table.num_rows,
        "returned": len(result.rows) if result.table is None else result.table.num_rows,
        "queryId": result.query_id,
        "statementTypeId": result.type_id,
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalWarehouseName": None,
        "finalRoleName": "SYSADMIN",
        "numberOfBinds": 0,
        "arrayBindSupported": False,
        **_rows(result),
    }
    return {"data": data, "code": None, "message": None, "success": True}


def _rows(result: Result) -> dict[str, Any]:
    if result.table is None:
        return {"queryResultFormat": "json", "rowset": result.rows}
    if not result.table.num_rows:
        return {"queryResultFormat": "arrow", "rowsetBase64": ""}
    body = to_ipc(result.table, result.columns)
    return {"queryResultFormat": "arrow", "rowsetBase64": b64encode(body).decode("ascii")}


def failure(error: SqlError, query_id: str) -> dict[str, Any]:
    """Return the reply with an error."""
    code = f"{error.errno:06d}"
    return {
        "data": {
            "errorCode": code,
            "sqlState": error.sqlstate,
            "queryId": query_id,
            "internalError": False,
        },
        "code": code,
        "message": error.message,
        "success": False,
    }
