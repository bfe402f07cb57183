"""The server of `compare --serve`: what it answers, and whom it refuses."""

import http.client
import json
import os
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image

from pil_kmeans import encode_png, ssimulacra2
from pil_kmeans.cli import main, serve
from pil_kmeans.report.server import Given, Server
from pil_pictures import opened

OURS = {"codec": "png", "colors": "16", "dither": "auto", "preset": ""}


@pytest.fixture(scope="module")
def photo(china):
    file = BytesIO()
    Image.fromarray(china).resize((96, 64)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def server(photo):
    with Server(Given(serve.read, 1 << 16, (4, 16), ("photo.jpg", photo)), 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(server, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection(*server.server_address, timeout=30)
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def post(server, path, body, settings, **headers):
    headers = {"X-Secret": server.given.secret} | {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(server, "POST", f"{path}?{urlencode(settings)}", body, headers)


def test_ours_is_what_encode_png_writes(server, photo):
    response, data = post(server, "/encoded", photo, OURS)
    assert (response.status, response.headers["Content-Type"]) == (200, "image/png")
    assert data == encode_png(Image.open(BytesIO(photo)), n_colors=16)
    facts = json.loads(response.headers["X-Facts"])
    assert facts["bytes"] == len(data)
    assert facts["colors"] == 16
    assert facts["score"] == pytest.approx(ssimulacra2(photo, data))
    _, web = post(server, "/encoded", photo, OURS | {"preset": "web", "dither": "none"})
    assert web == encode_png(Image.open(BytesIO(photo)), n_colors=16, preset="web", dither="none")


@pytest.mark.parametrize("codec", ["jpeg", "webp"])
def test_other_codecs_are_pillows_with_alpha_on_white_where_there_is_none(server, codec, photo):
    clear = encode_png(Image.new("RGBA", (16, 16), (0, 0, 0, 0)))
    for picture, first in ((photo, Image.open(BytesIO(photo)).getpixel((0, 0))), (clear, (255, 255, 255))):
        response, data = post(server, "/encoded", picture, {"codec": codec, "quality": "90"})
        with Image.open(BytesIO(data)) as image:
            assert (response.status, image.format) == (200, codec.upper())
            if codec == "jpeg":
                assert np.abs(np.subtract(image.convert("RGB").getpixel((0, 0)), first)).max() < 24


@pytest.mark.skipif(os.name != "posix", reason="the program that stands for pngquant is a script of sh")
def test_pngquant_is_run_where_it_is(server, photo, monkeypatch, tmp_path):
    settings = {"codec": "pngquant", "colors": "16"}
    monkeypatch.setenv("PATH", str(tmp_path))
    response, reason = post(server, "/encoded", photo, settings)
    assert (response.status, reason) == (400, b"codec must be one of 'png', 'jpeg', 'webp', got 'pngquant'")
    program = tmp_path / "pngquant"
    program.write_text('#!/bin/sh\n[ "$1 $2" = "16 -" ] && exec /bin/cat\n')  # gives back what it gets
    program.chmod(0o755)
    _, data = post(server, "/encoded", photo, settings)
    assert opened(data).tobytes() == Image.open(BytesIO(photo)).tobytes()
    program.write_text("#!/bin/sh\nexit 99\n")
    assert b"pngquant failed: " in post(server, "/encoded", photo, settings)[1]


def test_the_original_is_shown_upright_in_srgb(server):
    picture = Image.fromarray(np.arange(32 * 16 * 3, dtype=np.uint8).reshape(16, 32, 3))
    exif = picture.getexif()
    exif[0x0112] = 6
    file = BytesIO()
    picture.save(file, "TIFF", exif=exif)
    response, data = post(server, "/original", file.getvalue(), {"name": "a.tif"})
    assert json.loads(response.headers["X-Facts"]) == {"width": 16, "height": 32}
    assert opened(data).tobytes() == picture.transpose(Image.Transpose.ROTATE_270).tobytes()


def test_page_and_first_picture_need_the_secret(server, photo):
    address = urlsplit(server.address)
    response, content = ask(server, "GET", f"{address.path}?{address.query}")
    assert response.status == 200
    assert server.given.secret.encode() in content
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert ask(server, "GET", f"/first?secret={server.given.secret}")[1] == photo
    for path in (
        "/",
        "/?secret=",
        "/?secret=x",
        "/first",
        "/first?secret=%FF",
    ):
        response, content = ask(server, "GET", path)
        assert (response.status, server.given.secret.encode() in content) == (403, False)


def test_the_address_is_of_the_loopback_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.address.startswith(f"http://127.0.0.1:{server.server_port}/?secret=")
    assert len(server.given.secret) >= 32
    assert Given(serve.read, 1, (), None).secret != Given(serve.read, 1, (), None).secret


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1.evil.example:80"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"X-Secret": ""}, 403),
        ({"X-Secret": "guess"}, 403),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "x"}, 411),
        ({"Content-Length": "99999999999999"}, 413),
        ({"Content-Length": "65537"}, 413),
        ({"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_other_sites_and_too_much_are_refused_before_anything_is_read(server, headers, status):
    response, _ = post(server, "/encoded", b"", OURS, **headers)
    assert response.status == status


@pytest.mark.parametrize("path", ["/../../etc/passwd", "//etc/passwd", "/encoded/", "/%2e%2e/x", "/static/x", "*"])
def test_there_are_no_other_paths(server, path):
    assert post(server, path, b"", OURS)[0].status == 404
    query = f"?secret={server.given.secret}"
    assert ask(server, "GET", path + query)[0].status == 404


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"codec": "sh"}, "codec must be one of 'png'"),
        ({"colors": "0"}, "colors must be an integer from 1 to 256, got '0'"),
        ({"colors": "1e2"}, "colors must be an integer"),
        ({"colors": "²"}, "colors must be an integer"),
        ({"dither": "x"}, "dither must be one of 'none'"),
        ({"preset": "x"}, "preset must be one of ''"),
        ({"codec": "jpeg"}, "quality must be an integer from 0 to 100, got ''"),
    ],
)
def test_settings_are_checked(server, photo, settings, reason):
    response, content = post(server, "/encoded", photo, OURS | settings)
    assert (response.status, reason in content.decode()) == (400, True), content


def test_what_is_no_picture_is_named(server):
    response, content = post(server, "/encoded", b"text", OURS | {"name": "notes\n<b>.txt"})
    assert response.status == 400
    assert response.headers["Content-Type"].startswith("text/plain")
    assert content.decode() == "cannot read notes\\n<b>.txt: it is not a picture that Pillow knows"
    assert post(server, "/encoded", b"", OURS)[1].decode() == "cannot read picture: the file is empty"


def test_a_picture_beyond_the_budget_is_refused(server, photo, monkeypatch):
    monkeypatch.setattr(serve, "usual_memory", lambda: 1 << 18)
    response, content = post(server, "/encoded", photo, OURS)
    assert response.status == 400
    assert b"cannot read picture: " in content


def test_usage(capsys, tmp_path):
    for words, message in (
        ([], "name the picture to compare"),
        (["-", "--serve"], "--serve needs the name of a file"),
        (["--serve", "--html", "x.html"], "--serve writes no file: drop --html"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["compare", *words])
        assert (stopped.value.code, message in capsys.readouterr().err) == (2, True)
    assert main(["compare", "--serve", str(tmp_path / "none.png")]) == 1
    assert "none.png" in capsys.readouterr().err


def test_command_says_where_it_is_and_that_a_port_is_taken(capsys, monkeypatch, photo, tmp_path):
    Path(tmp_path, "photo.jpg").write_bytes(photo)
    seen = []
    monkeypatch.setattr(Server, "serve_forever", lambda server: seen.append((server.address, server.given.first)))
    assert main(["compare", "--serve", str(tmp_path / "photo.jpg"), "-k", "8"]) == 0
    [(address, first)] = seen
    assert first == ("photo.jpg", photo)
    assert f"Open this in a browser: {address}\n" in capsys.readouterr().out
    with Server(Given(serve.read, 1, (), None), 0) as other:
        assert main(["compare", "--serve", "--port", str(other.server_port)]) == 1
        assert "name another by --port" in capsys.readouterr().err
