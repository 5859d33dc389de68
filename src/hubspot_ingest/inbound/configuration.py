"""CONFIGURE_ALL: the settings of the app and of several syncs, checked whole, then all or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import IngestError, Refusal
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.opening import table_claims
from hubspot_ingest.model import Json
from hubspot_ingest.operations import app_settings
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import sync_name

Answer = dict[str, Json]

_ENABLED = "enabled"
_SHAPE = (
    'a configuration is an object with "syncs", an object of settings by sync, and perhaps '
    '"app", the settings of the app'
)


@dataclass(frozen=True, slots=True)
class _Sync:
    """A sync as the configuration has it; ``enabled`` is None where it says nothing of that."""

    name: str
    settings: dict[str, Json]
    enabled: bool | None


def configure_all(context: Context, configuration: Json, *, apply: bool) -> Answer:
    """Check everything, and where ``apply`` says so store it; what is not named stays as it is.

    Raises ``Refusal`` that names everything that is wrong; then nothing is changed.
    """
    app, syncs = _parts(configuration)
    faults = _faults(context, app, syncs)
    if faults:
        raise Refusal(f"nothing was changed; {'; '.join(faults)}")
    if apply:
        _store(context, app, syncs)
    count = len(syncs) + bool(app)
    return {
        "response_code": "OK",
        "message": f"{count} configured" if apply else f"{count} checked, nothing was changed",
    }


def _parts(configuration: Json) -> tuple[dict[str, Json], list[_Sync]]:
    """The settings of the app and of the syncs in a configuration. Raises ``Refusal``."""
    if not isinstance(configuration, Mapping) or configuration.keys() - {"app", "syncs"}:
        raise Refusal(_SHAPE)
    app, by_name = configuration.get("app") or {}, configuration.get("syncs") or {}
    if not isinstance(app, Mapping) or not isinstance(by_name, Mapping):
        raise Refusal(_SHAPE)
    return dict(app), [_sync(name, settings) for name, settings in by_name.items()]


def _sync(name: str, settings: Json) -> _Sync:
    if settings is not None and not isinstance(settings, Mapping):
        raise Refusal(f"sync {name}: settings must be an object")
    plain = dict(settings or {})
    enabled = plain.pop(_ENABLED, None)
    if enabled is not None and not isinstance(enabled, bool):
        raise Refusal(f"sync {name}: {_ENABLED!r} must be true or false")
    return _Sync(sync_name(name), plain, enabled)


def _faults(context: Context, app: dict[str, Json], syncs: list[_Sync]) -> list[str]:
    """What is wrong with each part, in a line each."""
    defaults = AppState(context.database).settings().for_syncs
    faults = _fault("the app", lambda: app_settings.check(context, app))
    owners: dict[object, str] = {}

    def check(sync: _Sync) -> None:
        settings = configure.checked_settings(context, sync.name, sync.settings, defaults)
        for table in table_claims.names_of(settings).values():
            owner = owners.setdefault(table, sync.name)
            if owner != sync.name:
                raise Refusal(f"{table} is to be the table of {owner} too")

    for sync in syncs:
        faults += _fault(f"sync {sync.name}", partial(check, sync))
    return faults


def _fault(part: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except IngestError as error:
        return [f"{part}: {error.message}"]
    return []


def _store(context: Context, app: dict[str, Json], syncs: list[_Sync]) -> None:
    """Store everything; where something fails, what was stored before it is put back."""
    state, stored = Syncs(context.database), AppState(context.database).stored()
    undo: list[Callable[[], object]] = []
    try:
        for sync in syncs:
            undo.append(_undoing(context, state, sync.name))
            configure.configure(context, sync.name, sync.settings)
            if sync.enabled is not None:
                configure.enable(context, sync.name, enabled=sync.enabled)
        if app:
            undo.append(
                lambda: app_settings.configure(context, {name: stored.get(name) for name in app})
            )
            app_settings.configure(context, app)
    except IngestError as error:
        for put_back in reversed(undo):
            put_back()
        raise Refusal(
            f"everything is as it was before: {error.message}", code=error.code
        ) from error


def _undoing(context: Context, syncs: Syncs, name: str) -> Callable[[], object]:
    """What puts a sync back as it is now."""
    sync = syncs.find(name)

    def put_back() -> None:
        if sync is not None:
            configure.configure(context, name, sync.settings)
            configure.enable(context, name, enabled=sync.enabled)
        elif syncs.find(name) is not None:
            configure.drop(context, name)

    return put_back
