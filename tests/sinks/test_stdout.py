from __future__ import annotations

import io
import subprocess
import sys

from explainer.sinks import SINKS
from explainer.sinks.stdout import write

WRITER = "from explainer.sinks.stdout import write\nfor _ in range(200): write('x' * 5000)\n"


def test_text_is_ended_by_one_line_feed(capsys):
    SINKS.get("stdout")("")("one")
    SINKS.get("stdout")("")("two\n")
    SINKS.get("stdout")("")("")
    assert capsys.readouterr().out == "one\ntwo\n"


def test_a_reader_that_goes_away_is_no_error():
    with subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.read(10)
        child.stdout.close()
        said = child.stderr.read()
        code = child.wait()
    assert (code, said) == (0, b"")


def test_a_character_that_the_encoding_lacks_is_escaped_and_not_fatal():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    write("caf\u00e9 \ud800", stream)
    assert raw.getvalue() == b"caf\\xe9 \\ud800\n"
