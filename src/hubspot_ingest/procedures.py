"""The entry points: one handler for each procedure of ``app/sql/procedures/``.

A handler gets its session first and the procedure's arguments after it, and always answers an
object with ``response_code`` and ``message``: Snowflake hides the text of a raised error from the
consumer of an app.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from hubspot_ingest.database.connection import database_of_procedure
from hubspot_ingest.diagnose.doctor import doctor_report
from hubspot_ingest.diagnose.explain_row import row_explanation
from hubspot_ingest.diagnose.explain_run import run_explanation
from hubspot_ingest.errors import SyncBusy
from hubspot_ingest.inbound import configure, discovery
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.preview import preview
from hubspot_ingest.inbound.reconcile import reconciliation
from hubspot_ingest.inbound.replay import rollback, table_replay
from hubspot_ingest.inbound.run import runner
from hubspot_ingest.model import Json
from hubspot_ingest.operations import alerts, app_settings, connections
from hubspot_ingest.operations.context import Context, Portals
from hubspot_ingest.operations.internal_errors import reportable_error
