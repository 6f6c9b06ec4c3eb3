# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that scrubs a node's weights without Ansible: systemd starts it by a timer.

::

    weights-scrub CONFIGURATION           read every byte, repair what is wrong, write the metrics
    weights-scrub --report CONFIGURATION  write the metrics alone; reads no file of a model

Its exit status is 0 when every file is right in the end, 1 when one is not or the run failed, 2 for
a configuration that is refused, 3 when another run scrubs the model.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from typing import IO, NoReturn, Optional, TextIO

from ansible_collections.baremetal.sglang.plugins.module_utils.change import InputError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.errors import WeightsError
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.metrics import write_metrics
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.retry import Clock
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.root import (
    WeightsRoot,
    lock_holder,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub import Scrub
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.scrub_spec import (
    ScrubSpec,
    parse_scrub_spec,
)
from ansible_collections.baremetal.sglang.plugins.module_utils.weights.verifier import (
    this_verifier,
)

RIGHT, WRONG, REFUSED, LOCKED = range(4)


def main(arguments: Optional[Sequence[str]] = None, clock: Optional[Clock] = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="weights-scrub", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--report", action="store_true", help="write the metrics alone")
    parser.add_argument("configuration", help="file that role model_weights wrote")
    options = parser.parse_args(arguments)
    try:
        with open(options.configuration, "rb") as file:
            spec = parse_scrub_spec(file.read(), options.configuration)
            alone = _hold(file)
            if options.report:
                return _report(spec, alone=alone)
            if not alone:
                holder = lock_holder(file.fileno())
                text = f"{spec.name} is scrubbed by {holder}; wait for it or end it"
                return _failed(text, LOCKED)
            return _scrub(spec, clock or Clock())
    except InputError as error:
        return _failed(str(error), REFUSED)
    except WeightsError as error:
        return _failed(str(error), WRONG)
    except OSError as error:
        return _failed(f"{error.filename or options.configuration}: {error.strerror}", WRONG)


def _scrub(spec: ScrubSpec, clock: Clock) -> int:
    signal.signal(signal.SIGTERM, _end)
    by = this_verifier("weights-scrub", os.environ.get("INVOCATION_ID", ""))
    wrong = Scrub(spec, by, clock, _say, lambda: _write_metrics(spec)).run()
    result = f"{len(wrong)} wrong: {', '.join(wrong)}" if wrong else "every byte is right"
    _say(f"{spec.name}: {result}")
    return WRONG if wrong else RIGHT


def _write_metrics(spec: ScrubSpec) -> None:
    if spec.metrics_directory:
        write_metrics(spec.metrics_directory, WeightsRoot(spec.destination), spec.name)


def _report(spec: ScrubSpec, *, alone: bool) -> int:
    """Write the metrics; a scrub that runs writes them itself."""
    if alone:
        _write_metrics(spec)
    return RIGHT


def _hold(configuration: IO[bytes]) -> bool:
    """Hold a model's configuration against another run of this program; False when one has it."""
    try:
        fcntl.flock(configuration, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(_number: int, _frame: object) -> NoReturn:
    """Leave by an exception, so that the state is written."""
    raise SystemExit(128 + signal.SIGTERM)


def _say(line: str) -> None:
    _write(sys.stdout, line)


def _failed(line: str, status: int) -> int:
    _write(sys.stderr, line)
    return status


def _write(stream: TextIO, line: str) -> None:
    """Hand on a line at once: systemd's journal reads from a pipe."""
    stream.write(line + "\n")
    stream.flush()
