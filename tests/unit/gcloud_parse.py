"""Run by gcloud's own Python, not by the tests': commands (JSON lists) on stdin, what gcloud says to each on stdout.

A process per command would take a second or more each; gcloud's command line as a library takes them one after another.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

SDK = Path(sys.argv[1])
sys.path[:0] = [str(SDK / "lib"), str(SDK / "lib" / "third_party")]

from googlecloudsdk import gcloud_main  # noqa: E402
from googlecloudsdk.core import log  # noqa: E402


def main() -> None:
    answers = []
    cli = gcloud_main.CreateCLI([])
    for command in json.load(sys.stdin):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            log.Reset(io.StringIO(), said)
            with contextlib.suppress(SystemExit):
                cli.Execute(command[1:])
        answers.append(said.getvalue())
    json.dump(answers, sys.stdout)


main()
