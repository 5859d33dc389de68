"""A process of a command ends without taking its objects apart, and loses nothing by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.laptop.process import Laptop

PROCESS = """
import atexit, sys, threading, time
from hubspot_ingest.laptop import lifetime

class Last:
    def __del__(self):
        print("taken apart")

end_with = lifetime.begin()
last = Last()
atexit.register(print, "registered for the end")

def work():
    time.sleep(0.2)
    print("a thread")

threading.Thread(target=work).start()
print("written", end="|")
sys.exit(end_with(3))
"""


def test_the_end_waits_for_threads_and_for_what_was_registered_and_keeps_the_status() -> None:
    done = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True)

    assert done.stdout == "written|a thread\nregistered for the end\n"
    assert done.returncode == 3


def test_a_process_that_began_without_an_output_ends_in_silence() -> None:
    end = "from hubspot_ingest.laptop import lifetime; exit(lifetime.begin()(3))"
    closed = f"exec {sys.executable} -c '{end}' >&-"
    done = subprocess.run(["sh", "-c", closed], stderr=subprocess.PIPE, text=True)

    assert (done.stderr, done.returncode) == ("", 3)


def test_a_command_without_an_output_does_its_work(laptop: Laptop) -> None:
    done = laptop.into(None, "sql", "SELECT 1")

    assert (done.status, done.err) == (0, "")


def test_a_result_that_has_no_room_is_an_error_with_its_cure(laptop: Laptop) -> None:
    with Path("/dev/full").open("w") as full:
        done = laptop.into(full, "sql", "SELECT 1")

    assert (done.status, done.err) == (
        1,
        "hubspot-ingest: STORAGE_FULL: there is no room left to write to (No space left on device)"
        "; free some, or write the result to another place: what was committed before stays\n",
    )
