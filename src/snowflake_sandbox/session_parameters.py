"""The parameters of a session, and what a procedure that it calls takes over of them."""

from __future__ import annotations

from dataclasses import dataclass, field

# of those that an owner's procedure takes over from its caller, the ones with an effect here
_INHERITED = ("AUTOCOMMIT", "ROWS_PER_RESULTSET")


@dataclass
class SessionParameters:
    """The session parameters, as ALTER SESSION, the login or a procedure's caller set them."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def autocommit(self) -> bool:
        """Whether a statement outside a transaction is committed at once."""
        return self.values.get("AUTOCOMMIT", "TRUE").upper() != "FALSE"

    @property
    def rows_per_resultset(self) -> int:
        """How many rows a query answers at most, the rest is cut off in silence; 0 for all."""
        return int(self.values.get("ROWS_PER_RESULTSET", "0"))

    def inherited(self) -> SessionParameters:
        """Return what an owner's procedure takes over from its caller's session."""
        return SessionParameters(
            {name: self.values[name] for name in _INHERITED if name in self.values}
        )
