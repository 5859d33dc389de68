"""dbt as a person starts it: a process of its own, with a profile for the local engine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2] / "dbt"
SCHEMA = "MARTS"


class Dbt:
    """dbt with a profile of its own in ``directory``, without a way out of this machine."""

    def __init__(self, directory: Path, connection: Mapping[str, Any]) -> None:
        self.target = directory / "target"
        output = {
            "type": "snowflake",
            "role": "SYSADMIN",
            "warehouse": "LOCAL",
            "database": "HUBSPOT_DATA",
            "schema": SCHEMA,
            "threads": 1,
            **{name: connection[name] for name in ("account", "user", "password", "host")},
            **{name: connection[name] for name in ("port", "protocol")},
        }
        profile = {"target": "local", "outputs": {"local": output}}
        (directory / "profiles.yml").write_text(json.dumps({"hubspot_ingest": profile}))
        nowhere = "http://127.0.0.1:9"
        self._environment = {
            **os.environ,
            "DBT_PROFILES_DIR": str(directory),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(directory / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_VERSION_CHECK": "false",
            "DO_NOT_TRACK": "1",
            "NO_COLOR": "1",
            "HTTP_PROXY": nowhere,
            "HTTPS_PROXY": nowhere,
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, *arguments: str, project: Path = PROJECT) -> dict[str, str]:
        """Run a command that must succeed; returns the status of each node or source."""
        done = subprocess.run(
            [os.environ["DBT"], *arguments, "--project-dir", str(project)],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        name = "sources.json" if arguments[0] == "source" else "run_results.json"
        results = json.loads((self.target / name).read_text())["results"]
        return {result["unique_id"]: result["status"] for result in results}

    def manifest(self) -> dict[str, Any]:
        """What dbt knows of the project."""
        known: dict[str, Any] = json.loads((self.target / "manifest.json").read_text())
        return known
