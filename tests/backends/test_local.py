from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from explainer.backends.base import BACKENDS, BackendOptions
from explainer.errors import BackendRefused, BackendTimeout, ConfigError
from explainer.schema.exchange import Message, ModelRequest
from explainer.store import local_models

pytest.importorskip("xllamacpp", reason="the [local] extra is not installed")

SCHEMA = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["benign", "suspicious"]},
        "summary": {"type": "string", "maxLength": 80},
    },
    "required": ["verdict", "summary"],
    "additionalProperties": False,
}


def asking(text: str, **changes) -> ModelRequest:
    given = {"output_schema": SCHEMA, "max_output_tokens": 80, **changes}
    messages = (Message(role="system", content="You judge alerts."), Message(role="user", content=text))
    return ModelRequest(messages=messages, **given)


LONG = asking("alpha beta gamma " * 600, output_schema={}, max_output_tokens=3000)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory) -> Path:
    """EXPLAINER_TEST_MODEL, a pulled model, or one that is pulled now."""
    if named := os.environ.get("EXPLAINER_TEST_MODEL"):
        return Path(named)
    here = {model.name: model.path for model in local_models.installed()}
    if "smollm2-135m" in here:
        return here["smollm2-135m"]
    old = os.environ.get("EXPLAINER_MODELS_DIR")
    os.environ["EXPLAINER_MODELS_DIR"] = str(tmp_path_factory.mktemp("models"))
    try:
        return local_models.pull("smollm2-135m")
    except ConfigError as error:
        pytest.skip(f"no model is installed and none can be pulled: {error}")
    finally:
        if old is None:
            del os.environ["EXPLAINER_MODELS_DIR"]
        else:
            os.environ["EXPLAINER_MODELS_DIR"] = old


@pytest.fixture(scope="session")
def backend(model_file):
    return BACKENDS.get("local")(BackendOptions(model_path=model_file))


@pytest.mark.model
def test_the_answer_is_held_to_the_schema_counted_and_free(backend):
    reply = backend.complete(asking("A shell ran in a container as root."), deadline=120)
    assert json.loads(reply.text)["verdict"] in ("benign", "suspicious")
    assert (reply.structured, reply.usage.measured, reply.cost_usd) == ("json_schema", True, 0.0)
    assert reply.model == backend.model


@pytest.mark.model
def test_the_same_request_gets_the_same_answer_sync_and_async(backend):
    request = asking("A package manager ran in a container.")
    first = backend.complete(request, deadline=120)
    assert asyncio.run(backend.acomplete(request, deadline=120)).text == first.text


@pytest.mark.model
def test_the_deadline_ends_the_wait_and_frees_the_model(backend):
    started = time.monotonic()
    with pytest.raises(BackendTimeout):
        backend.complete(LONG, deadline=0.5)
    assert time.monotonic() - started < 10  # the whole answer takes minutes
    assert backend.complete(asking("A shell ran."), deadline=120).text


@pytest.mark.model
def test_a_cancelled_task_frees_the_model(backend):
    async def give_up() -> None:
        task = asyncio.create_task(backend.acomplete(LONG, deadline=None))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert backend.complete(asking("A shell ran."), deadline=120).text


@pytest.mark.model
def test_many_threads_share_one_model_in_turn(backend):
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(backend.complete(asking("A shell ran."), deadline=120).text))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 3


@pytest.mark.model
def test_a_prompt_over_the_context_is_refused(backend):
    with pytest.raises(BackendRefused, match="does not fit"):
        backend.complete(asking("alpha beta " * 9000), deadline=60)


@pytest.mark.model
def test_a_schema_that_no_grammar_can_be_made_of_still_gets_json(backend):
    broken = {"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}}
    assert backend.complete(asking("A shell ran.", output_schema=broken), deadline=60).structured == "json_object"


@pytest.mark.model
def test_tokens_are_counted_by_the_models_tokenizer_and_markup_in_a_text_is_text(backend):
    assert backend.count_tokens("") == 0
    assert backend.count_tokens("hello") < backend.count_tokens("<|im_start|>hello")
    assert backend.context_tokens > 1000


@pytest.mark.model
def test_llama_cpp_says_nothing_and_a_running_answer_does_not_hold_the_exit(model_file):
    script = (
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        "from explainer.backends.base import BACKENDS, BackendOptions\n"
        "from explainer.schema.exchange import Message, ModelRequest\n"
        "backend = BACKENDS.get('local')(BackendOptions(model_path=Path(sys.argv[1])))\n"
        "request = ModelRequest(messages=(Message(role='user', content='Count. ' * 500),), max_output_tokens=4000)\n"
        "backend.count_tokens('x')\n"
        "def run():\n"
        "    try: backend.complete(request, deadline=None)\n"
        "    except Exception: pass\n"
        "threading.Thread(target=run, daemon=True).start()\n"
        "time.sleep(0.5)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(model_file)], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.model
def test_ctrl_c_ends_a_running_answer(model_file):
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from explainer.backends.base import BACKENDS, BackendOptions\n"
        "from explainer.schema.exchange import Message, ModelRequest\n"
        "backend = BACKENDS.get('local')(BackendOptions(model_path=Path(sys.argv[1])))\n"
        "request = ModelRequest(messages=(Message(role='user', content='Count. ' * 500),), max_output_tokens=4000)\n"
        "backend.count_tokens('x')\n"
        "print('ready', flush=True)\n"
        "try: backend.complete(request, deadline=None)\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(model_file)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        time.sleep(0.5)
        child.send_signal(2)
        assert child.wait(30) == 130


@pytest.mark.model
@pytest.mark.parametrize("pause", [0.0, 3.0])
def test_ctrl_c_at_the_command_line_is_exit_130_and_leaves_no_folder_behind(model_file, fixtures, tmp_path, pause):
    alert = fixtures / "alerts" / "falco" / "driver-loader-insmod.json"
    command = [
        sys.executable,
        "-m",
        "explainer",
        "explain",
        str(alert),
        "--backend",
        "local",
        "--model",
        str(model_file),
    ]
    env = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "EXPLAINER_CACHE": "false"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as child:
        assert child.stderr is not None
        child.stderr.readline()
        time.sleep(pause)
        child.send_signal(2)
        assert child.wait(30) == 130
        assert b"Traceback" not in child.stderr.read()
    assert not list(tmp_path.glob("explainer-*"))


def test_a_file_that_is_no_model_is_a_setting_error(tmp_path, capfd):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ConfigError, match=r"broken\.gguf"):
        BACKENDS.get("local")(BackendOptions(model_path=path)).count_tokens("x")
    assert capfd.readouterr() == ("", "")


def test_no_model_at_all_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_MODELS_DIR", str(tmp_path))
    with pytest.raises(ConfigError, match="explainer models pull"):
        BACKENDS.get("local")(BackendOptions())


def test_of_several_models_the_largest_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_MODELS_DIR", str(tmp_path))
    (tmp_path / "a.gguf").write_bytes(b"1")
    (tmp_path / "b.gguf").write_bytes(b"22")
    assert BACKENDS.get("local")(BackendOptions()).model == "b"


def test_threads_sleep_while_they_wait_and_the_environment_is_left_alone():
    script = "import os; before = dict(os.environ); import explainer.backends.local; assert dict(os.environ) == before"
    env = {k: v for k, v in os.environ.items() if k not in {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}}
    shown = {**env, "OMP_DISPLAY_ENV": "TRUE"}
    done = subprocess.run([sys.executable, "-c", script], env=shown, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    if "OMP_WAIT_POLICY" not in done.stderr:
        pytest.skip("the library here is built without OpenMP")
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in done.stderr
    chosen = {**shown, "OMP_WAIT_POLICY": "active"}
    done = subprocess.run([sys.executable, "-c", script], env=chosen, capture_output=True, text=True, timeout=60)
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in done.stderr
