"""Alerts that real systems emitted, when they lie beside the checkout."""

import csv
from pathlib import Path

import pytest

from explainer.errors import AlertFormatError
from explainer.ingest import read
from explainer.schema.alert import Alert

SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "alerts"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the collection of real alerts is not beside this checkout"
)


def rows():
    table = SAMPLES / "SOURCES.tsv"
    if not table.is_file():
        return []
    with table.open(newline="") as file:
        return [
            row
            for row in csv.DictReader(file, delimiter="\t")
            if (SAMPLES.parent / "alerts" / row["file"].removeprefix("shared/")).is_file()
        ]


ROWS = rows()
FALCO = [row for row in ROWS if row["group"] in ("falco", "falcosidekick") and "template" not in row["format"]]
OTHERS = [row for row in ROWS if row["group"] not in ("falco", "falcosidekick")]


def path_of(row):
    return SAMPLES / row["file"].removeprefix("shared/")


@pytest.mark.parametrize("row", FALCO, ids=lambda row: Path(row["file"]).name)
def test_every_falco_sample_yields_its_alert(row):
    alerts, _ = read(path_of(row).read_bytes())
    for alert in alerts:
        assert Alert.model_validate_json(alert.model_dump_json()) == alert
        assert alert.fields or alert.title
    named = {alert.rule.name for alert in alerts} - {None}
    if named and "mixed" not in row["file"]:
        assert len(named) == 1
        rule = row["rule_or_signature"]
        assert rule.startswith(next(iter(named))) or next(iter(named)).startswith(rule.split(" (")[0])


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: Path(row["file"]).name)
def test_no_sample_of_another_tool_becomes_falcos(row):
    if "falco" in row["repo"] and row["group"] == "alertmanager":
        alerts, _ = read(path_of(row).read_bytes())
        assert all(alert.format == "alertmanager" for alert in alerts)
        return
    with pytest.raises(AlertFormatError, match=r"looks like|keys:|unrecognised|cannot be read|CEF|auditd"):
        read(path_of(row).read_bytes())
