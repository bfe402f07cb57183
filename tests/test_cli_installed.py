"""The installed command as others run it: pipes, signals, limits, what it imports."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from io import BytesIO, TextIOWrapper
from itertools import product

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_png
from pil_kmeans.cli import main
from pil_pictures import opened

# Windows has no limit to the size of files, no SIGINT for one process alone, no SIGPIPE, and no line ends in names.
on_posix = pytest.mark.skipif(os.name != "posix", reason="limits and signals as POSIX has them")

COMMAND = [sys.executable, "-m", "pil_kmeans"]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}  # the same package in any folder


QUICK = ["-k4", "--effort=fast", "--compression=fast"]


def encoded(picture):
    """What the command makes of it with these words."""
    return encode_png(Image.open(BytesIO(picture)), n_colors=4, effort="fast", compression="fast")


def start(*arguments, **options):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    options = {"env": ENVIRONMENT} | pipes | options
    return subprocess.Popen([*COMMAND, *map(str, arguments)], **options)


def run(*arguments, given=b"", **options):
    with start(*arguments, **options) as process:
        out, err = process.communicate(given, timeout=60)
    return process.returncode, out, err.decode().replace(os.linesep, "\n")


@pytest.fixture(scope="module")
def picture(china):
    file = BytesIO()
    Image.fromarray(china).resize((32, 24)).save(file, "PNG")
    return file.getvalue()


def test_standard_input_goes_to_standard_output(picture):
    status, out, err = run("compress", *QUICK, "-", given=picture)
    assert (status, err) == (0, "")
    assert out == encoded(picture)


def test_standard_output_of_a_file_and_a_file_of_standard_input(picture, tmp_path):
    expected = encoded(picture)
    (tmp_path / "in.png").write_bytes(picture)
    assert run("compress", *QUICK, "in.png", "-o", "-", cwd=tmp_path) == (0, expected, "")
    status, out, err = run("compress", *QUICK, "-", "-o", "out.png", cwd=tmp_path, given=picture)
    assert (status, err) == (0, "")
    assert out.decode().startswith("standard input: 32 x 24, ")
    assert (tmp_path / "out.png").read_bytes() == expected


def test_failure_in_a_pipe_writes_nothing():
    assert run("compress", "-") == (1, b"", "pil-kmeans: cannot read standard input: the file is empty\n")


@pytest.fixture
def run_here(monkeypatch, capsysbinary):
    """As `run`, in this process."""

    def run_here(*arguments, given):
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(given)))
        status = main([*arguments])
        out, err = capsysbinary.readouterr()
        return status, out, err.decode()

    return run_here


def test_standard_input_is_reported_on(run_here, picture):
    status, out, err = run_here("compress", "-k4", "-", "--dry-run", "--json", given=picture)
    assert (status, err) == (0, "")
    assert json.loads(out)["files"][0]["bytes_after"] == len(encode_png(Image.open(BytesIO(picture)), n_colors=4))


def test_standard_input_that_has_no_use_writes_nothing(run_here):
    message = "pil-kmeans: cannot read standard input: it is not a picture that Pillow knows\n"
    assert run_here("compress", "-", given=b"text") == (1, b"", message)
    small = encode_png(np.zeros((1, 1), np.uint8))
    message = f"standard input is skipped: the result has {len(small)} bytes, and the file {len(small)}"
    assert run_here("compress", "-", "--skip-if-larger", given=small) == (98, b"", f"pil-kmeans: {message}\n")


@on_posix
def test_full_disk_leaves_the_old_file_and_nothing_else(picture, tmp_path):
    import resource

    (tmp_path / "in.png").write_bytes(picture)
    (tmp_path / "out.png").write_bytes(b"old")

    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    status, out, err = run(
        "compress", *QUICK, "in.png", "-o", "out.png", "--force", cwd=tmp_path, preexec_fn=small_disk
    )
    assert (status, out, err) == (1, b"", "pil-kmeans: cannot write out.png: File too large\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.png", "out.png"]
    assert (tmp_path / "out.png").read_bytes() == b"old"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has it")
def test_full_standard_output_fails(picture):
    with open("/dev/full", "wb") as full:
        status, _, err = run("compress", *QUICK, "-", given=picture, stdout=full)
        _, _, also = run("compress", *QUICK, "-", "--dry-run", given=picture, stdout=full)
    assert (status, err) == (1, "pil-kmeans: cannot write to standard output: No space left on device\n")
    assert also == err


@on_posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ctrl_c_and_its_like_leave_whole_files_only(tmp_path, name):
    number = getattr(signal, name)
    picture = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    names = [f"{i}.bmp" for i in range(60)]
    for name in names:
        Image.fromarray(picture).save(tmp_path / name)
    hears_ctrl_c = partial(signal.signal, number, signal.SIG_DFL)  # which jobs in the background do not
    with start("compress", "--jobs=2", *QUICK, *names, cwd=tmp_path, preexec_fn=hears_ctrl_c) as process:
        while not list(tmp_path.glob("*-8bit.png")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert err.decode() == "pil-kmeans: interrupted; no file is half written\n"
    assert process.returncode == 128 + number
    others = {path.name for path in tmp_path.iterdir()} - set(names)
    assert 0 < len(others) < len(names)
    for name in others:
        with opened((tmp_path / name).read_bytes()) as image:
            assert image.size == (150, 150)


@on_posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_waits_for_no_picture(tmp_path, jobs):
    """Kernels hear nothing while they work: here one that takes half a minute stands for them."""
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    script = (
        "import sys, time; import pil_kmeans.cli.containers as containers\n"
        "def encode(*_, **__): print('at work', flush=True); time.sleep(30)\n"
        "containers.encode_png = encode\n"
        "from pil_kmeans.__main__ import run\n"
        f"sys.argv = ['pil-kmeans', 'compress', 'a.png', '--jobs={jobs}']\n"
        "sys.exit(run())"
    )
    hears_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, preexec_fn=hears_ctrl_c, **pipes) as process:
        assert process.stdout.readline() == b"at work\n"
        start_of_end = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - start_of_end < 5
    assert (process.returncode, err) == (130, b"pil-kmeans: interrupted; no file is half written\n")


SCRIPT = "import sys; sys.argv[0] = 'pil-kmeans'; from pil_kmeans.__main__ import run; sys.exit(run())"  # as installed
COMMANDS = {"module": COMMAND, "script": [sys.executable, "-c", SCRIPT]}


@on_posix
@pytest.mark.parametrize(
    ("command", "name", "number"),
    [
        # before which SIGTERM does what it usually does
        *((command, "pil_kmeans.early_signals", signal.SIGINT) for command in COMMANDS.values()),
        *product([COMMAND], ["pil_kmeans._native", "pil_kmeans.cli", "numpy"], [signal.SIGINT, signal.SIGTERM]),
        (COMMANDS["script"], "pil_kmeans._native", signal.SIGTERM),
        (COMMANDS["script"], "numpy", signal.SIGINT),
    ],
)
def test_ctrl_c_during_imports_is_one_line(tmp_path, command, name, number):
    """Also of the kernels, which the package imports before its command has begun, and of what hears the signals."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Finder:\n"
        "    def find_spec(name, *_):\n"
        f"        if name == {name!r}:\n"
        "            sys.meta_path.remove(Finder)\n"
        f"            signal.raise_signal({int(number)})\n"
        "sys.meta_path.insert(0, Finder)\n"
    )
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]])}
    hears_it = partial(signal.signal, number, signal.SIG_DFL)
    options = {"check": False, "capture_output": True, "env": environment, "preexec_fn": hears_it}
    found = subprocess.run([*command, "compress", "a.png"], **options)
    expected = b"pil-kmeans: interrupted; no file is half written\n"
    assert (found.returncode, found.stderr) == (128 + number, expected)


@on_posix
def test_ctrl_c_during_a_late_import_ends_it(tmp_path):
    """An error in there might be kept by whom it hits, with the lock of imports: all others would wait for ever."""
    (tmp_path / "late.py").write_text(
        "import signal\ntry: signal.raise_signal(signal.SIGINT)\nexcept BaseException: print('kept', flush=True)\n"
    )
    script = (
        "from pil_kmeans.early_signals import have_signals_end_at_once\n"
        "from pil_kmeans.cli.signals import ended_by_signals\n"
        "have_signals_end_at_once()\n"
        "with ended_by_signals(): import late"
    )
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]])}
    hears_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options = {"check": False, "capture_output": True, "env": environment, "preexec_fn": hears_ctrl_c}
    found = subprocess.run([sys.executable, "-c", script], **options)
    assert (found.returncode, found.stdout) == (130, b"")
    assert found.stderr == b"pil-kmeans: interrupted; no file is half written\n"


@on_posix
def test_import_as_a_library_leaves_signals_alone():
    script = (
        "import signal; names = ('SIGINT', 'SIGTERM', 'SIGHUP')\n"
        "before = [signal.getsignal(getattr(signal, name)) for name in names]\n"
        "import pil_kmeans, pil_kmeans.cli; pil_kmeans.cli.main(['palettes'])\n"
        "assert [signal.getsignal(getattr(signal, name)) for name in names] == before"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, env=ENVIRONMENT).returncode == 0


@on_posix
def test_ctrl_c_at_the_first_import_of_a_library_is_an_error_as_any(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Finder:\n"
        "    def find_spec(name, *_):\n"
        "        if name == 'pil_kmeans.early_signals':\n"
        "            sys.meta_path.remove(Finder)\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder)\n"
    )
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]])}
    script = "try: import pil_kmeans\nexcept KeyboardInterrupt: print('kept')\nimport pil_kmeans"
    hears_ctrl_c = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options = {"check": False, "capture_output": True, "env": environment, "preexec_fn": hears_ctrl_c}
    found = subprocess.run([sys.executable, "-c", script], **options)
    assert (found.returncode, found.stdout, found.stderr) == (0, b"kept\n", b"")


@on_posix
def test_closed_standard_streams_are_no_fault(picture, tmp_path):
    (tmp_path / "a.png").write_bytes(picture)

    def status(arguments, closed):
        words = " ".join([*map(str, COMMAND), *arguments])
        found = subprocess.run(
            ["sh", "-c", f"{words} {closed}"], check=False, cwd=tmp_path, capture_output=True, env=ENVIRONMENT
        )
        return found.returncode, found.stdout, found.stderr

    assert status(["compress", *QUICK, "a.png"], "<&- >&- 2>&-") == (0, b"", b"")
    assert (tmp_path / "a-8bit.png").read_bytes() == encoded(picture)
    message = b"pil-kmeans: cannot write to standard output: it is closed\n"
    assert status(["palette", "a.png"], ">&-") == (1, b"", message)
    assert status(["compress", "-"], "<&-") == (1, b"", b"pil-kmeans: cannot read standard input: it is closed\n")


@on_posix
@pytest.mark.parametrize("arguments", [["palette"], ["compress", "--dry-run", *QUICK]])
def test_reader_who_goes_is_one_line(picture, tmp_path, arguments):
    (tmp_path / "in.png").write_bytes(picture)
    reader, writer = os.pipe()
    os.close(reader)
    status, _, err = run(*arguments, "in.png", cwd=tmp_path, stdout=writer)
    os.close(writer)
    assert (status, err) == (1, "pil-kmeans: cannot write to standard output: Broken pipe\n")


@on_posix
def test_any_name_is_shown_on_any_terminal(picture, tmp_path):
    names = ["with space.png", "two\nlines.png", "Grüße.png"]
    if sys.platform == "linux":
        names.append(os.fsdecode(b"\xff.png"))
    for name in names:
        (tmp_path / name).write_bytes(picture)
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
    status, out, err = run("compress", *QUICK, *names, cwd=tmp_path, env=environment)
    assert (status, err) == (0, "")
    assert len(out.splitlines()) == len(names) + 1
    assert b"two\\nlines.png -> two\\nlines-8bit.png: " in out
    assert sum(path.name.endswith("-8bit.png") for path in tmp_path.iterdir()) == len(names)


def test_help_needs_no_import_that_takes_long():
    script = "import sys; from pil_kmeans.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    command = [sys.executable, "-c", script]
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout
    assert "compress" in out
    assert not {"numpy", "PIL", "sklearn", "tqdm"} & set(out.splitlines()[-1].split())


def test_help_names_exit_statuses():
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    assert b"15 the output exists" in out


@pytest.mark.parametrize("command", ["compress", "compare", "palette", "palettes", "animate"])
def test_help_names_options(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: pil-kmeans {command} ")
    assert ("--threads" in out) == (command != "palettes")
    assert "option_strings" not in out  # which stand there where a % is not written twice
    assert err == ""


def test_version_is_told():
    import pil_kmeans

    assert run("--version") == (0, f"pil-kmeans {pil_kmeans.__version__}{os.linesep}".encode(), "")
