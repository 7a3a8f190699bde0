from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest

from explainer.backends.base import BackendOptions
from explainer.backends.replay import RecordingBackend, ReplayBackend, recording
from explainer.errors import BackendTimeout, ConfigError, ReplayMiss
from explainer.schema.exchange import Message, ModelReply, ModelRequest, Usage


class Echo:
    """Answers with the last message, in an own epoch's voice."""

    name = "echo"
    model = "echo-1"
    remote = True
    context_tokens = 1000

    def complete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:  # noqa: ARG002
        if request.messages[-1].content == "fail":
            raise BackendTimeout("no")
        usage = Usage(input_tokens=3, output_tokens=2, measured=True)
        return ModelReply(text=request.messages[-1].content, model="echo-1", usage=usage, finish="stop", attempts=2)

    async def acomplete(self, request: ModelRequest, *, deadline: float | None) -> ModelReply:
        return self.complete(request, deadline=deadline)

    def count_tokens(self, text: str) -> int | None:
        return len(text)

    def close(self) -> None:
        pass


def asking(text: str, **changes) -> ModelRequest:
    return ModelRequest(messages=(Message(role="user", content=text),), **{"model": "echo-1", **changes})


def replaying(*paths: Path) -> ReplayBackend:
    return ReplayBackend(BackendOptions(recordings=paths))


def test_what_was_recorded_is_replayed_whole(tmp_path):
    path = tmp_path / "sub" / "r.jsonl"
    recorder = RecordingBackend(Echo(), path)
    replies = [recorder.complete(asking("one"), deadline=1), asyncio.run(recorder.acomplete(asking("two"), deadline=1))]
    replay = replaying(path)
    assert [replay.complete(asking(text), deadline=1) for text in ("one", "two")] == replies
    assert asyncio.run(replay.acomplete(asking("one"), deadline=1)) == replies[0]
    assert replay.model == "echo-1"


def test_the_recorder_is_as_its_inner_backend(tmp_path):
    recorder = RecordingBackend(Echo(), tmp_path / "r")
    seen = (recorder.name, recorder.model, recorder.remote, recorder.context_tokens, recorder.count_tokens("abc"))
    assert seen == ("echo", "echo-1", True, 1000, 3)
    recorder.close()


def test_nothing_is_wrapped_when_nothing_is_to_be_recorded():
    echo = Echo()
    assert recording(echo, BackendOptions()) is echo


def test_a_miss_names_its_key_and_the_parameter_that_differs(tmp_path):
    path = tmp_path / "r.jsonl"
    RecordingBackend(Echo(), path).complete(asking("one"), deadline=1)
    with pytest.raises(ReplayMiss, match=r"temperature 0.0 instead of 0.7") as raised:
        replaying(path).complete(asking("one", temperature=0.7), deadline=1)
    assert raised.value.key == asking("one", temperature=0.7).key


@pytest.mark.parametrize(
    ("recorded", "asked", "said"),
    [
        ({"model": "q"}, {"model": None}, "model q, and none is named here: give --model q"),
        ({"model": "q"}, {"model": "p"}, "model q, and p is asked here: give --model q"),
        ({"model": None}, {"model": "p"}, "no model, and p is asked here"),
        ({"seed": 7}, {"seed": None}, "seed 7, and none is set here"),
        ({"seed": None}, {"seed": 7}, "no seed instead of 7"),
    ],
)
def test_a_miss_says_in_words_what_is_set_on_one_side_only(tmp_path, recorded, asked, said):
    path = tmp_path / "r.jsonl"
    RecordingBackend(Echo(), path).complete(asking("one", **recorded), deadline=1)
    with pytest.raises(ReplayMiss) as raised:
        replaying(path).complete(asking("one", **asked), deadline=1)
    assert said in raised.value.hint
    assert "None" not in raised.value.hint


def test_a_miss_for_a_new_prompt_says_that_it_is_new(tmp_path):
    path = tmp_path / "r.jsonl"
    RecordingBackend(Echo(), path).complete(asking("one"), deadline=1)
    with pytest.raises(ReplayMiss, match="these messages"):
        replaying(path).complete(asking("other"), deadline=1)


def test_repetitions_are_kept_apart(tmp_path):
    path = tmp_path / "r.jsonl"
    recorder = RecordingBackend(Echo(), path)
    recorder.for_epoch(3).complete(asking("one"), deadline=1)
    assert replaying(path).for_epoch(3).complete(asking("one"), deadline=1).text == "one"
    with pytest.raises(ReplayMiss, match="epoch 3, not 0"):
        replaying(path).complete(asking("one"), deadline=1)


def test_a_later_recording_replaces_an_earlier_one_within_and_across_files(tmp_path):
    def line(text: str) -> str:
        return json.dumps({"key": asking("q").key, "reply": {"text": text}}) + "\n"

    (tmp_path / "a").write_text(line("first") + line("second"))
    (tmp_path / "b").write_text(line("third"))
    answered = [
        replaying(*paths).complete(asking("q"), deadline=1).text
        for paths in ([tmp_path / "a"], [tmp_path / "a", tmp_path / "b"], [tmp_path / "b", tmp_path / "a"])
    ]
    assert answered == ["second", "third", "second"]


def test_errors_are_not_recorded(tmp_path):
    path = tmp_path / "r.jsonl"
    with pytest.raises(BackendTimeout):
        RecordingBackend(Echo(), path).complete(asking("fail"), deadline=1)
    assert path.read_bytes() == b""


def test_secrets_are_redacted_everywhere_and_the_request_is_still_found(tmp_path):
    path = tmp_path / "r.jsonl"
    recorder = RecordingBackend(Echo(), path, redact=lambda text: text.replace("hunter2", "[secret]"))
    recorder.complete(asking("the password is hunter2"), deadline=1)
    assert b"hunter2" not in path.read_bytes()
    assert replaying(path).complete(asking("the password is hunter2"), deadline=1).text == "the password is [secret]"


def test_a_recording_is_the_users_alone(tmp_path):
    RecordingBackend(Echo(), tmp_path / "r")
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o600


def test_lines_of_many_writers_stay_whole(tmp_path):
    path = tmp_path / "r.jsonl"
    recorders = [RecordingBackend(Echo(), path) for _ in range(4)]

    def write(recorder: RecordingBackend, number: int) -> None:
        for turn in range(10):
            recorder.complete(asking(f"{number}-{turn} " + "x" * 5000), deadline=1)

    threads = [threading.Thread(target=write, args=pair) for pair in zip(recorders, range(4), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(1 for line in path.read_text().splitlines() if json.loads(line)["key"]) == 40


def test_a_line_cut_off_by_a_crash_costs_that_line_only(tmp_path):
    path = tmp_path / "r.jsonl"
    RecordingBackend(Echo(), path).complete(asking("one"), deadline=1)
    with path.open("ab") as out:
        out.write(b'{"key": "abc", "rep')
    assert replaying(path).complete(asking("one"), deadline=1).text == "one"


def test_a_broken_line_is_named_by_its_number(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('\n{"key": 1}\n\n')
    with pytest.raises(ConfigError, match=r"r\.jsonl:2"):
        replaying(path)


def test_missing_recordings_are_a_setting_error(tmp_path):
    with pytest.raises(ConfigError):
        replaying(tmp_path / "none")
    with pytest.raises(ConfigError, match="--recordings"):
        replaying()


def test_a_recording_that_cannot_be_written_is_a_setting_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        RecordingBackend(Echo(), tmp_path / "file" / "r.jsonl")


def test_recordings_may_be_read_only(tmp_path):
    path = tmp_path / "r.jsonl"
    RecordingBackend(Echo(), path).complete(asking("one"), deadline=1)
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert replaying(path).complete(asking("one"), deadline=1).text == "one"
    finally:
        tmp_path.chmod(0o700)
