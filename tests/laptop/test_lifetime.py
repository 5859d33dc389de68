"""A process of a command ends without taking its objects apart, and loses nothing by it."""

from __future__ import annotations

import subprocess
import sys

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
