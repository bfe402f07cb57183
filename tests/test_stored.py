"""Pictures in files, of Dask and of other libraries: read some rows at a time, with the result of those in memory."""

from io import BytesIO

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer, encode_png, scratch
from pil_kmeans.pictures import arrays, frames
from pil_kmeans.png import idat, rate_distortion
from pil_kmeans.stages import quantize, row_blocks


@pytest.fixture
def many_blocks(monkeypatch):
    """Make small pictures large: several blocks, files instead of memory, and rows that are never whole."""
    for module, name, value in (
        (row_blocks, "BLOCK", 1 << 12),
        (arrays, "BLOCK", 1 << 12),
        (scratch, "LEAST", 1),
        (idat, "LARGE", 1 << 12),
        (idat, "CHUNK", 1 << 12),
        (idat, "_BLOCK", 1 << 12),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.fixture(scope="module")
def photograph(china):
    """A part of a photograph, of several blocks of 64 rows."""
    return np.ascontiguousarray(china[150:290, 100:140])


OPTIONS = [
    {"lossy": 0, "compression": "fast"},
    {"lossy": 0, "dither": "none", "compression": "fast"},
    {"lossy": 0, "dither": "floyd-steinberg", "compression": "fast", "n_colors": 16},
    {"lossy": 0, "dither": "ordered", "n_colors": 60, "compression": "fast"},
    {"lossy": 0, "dither": "blue-noise", "compression": "max", "n_colors": 5},
    {"lossy": 0, "palette": ["black", "white", "red", "green", "blue"], "compression": "fast"},
    {"lossy": 0, "effort": "fast", "weighting": "uniform", "compression": "fast"},
    {"lossy": 1, "n_colors": 100, "compression": "fast"},
    {"lossy": 0.2, "fixed_colors": ["red"], "compression": "fast"},
    {},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_mapped_file_gives_the_bytes_of_memory(photograph, tmp_path, options, monkeypatch):
    np.save(tmp_path / "picture.npy", photograph)
    mapped = np.load(tmp_path / "picture.npy", mmap_mode="r")
    one_block = encode_png(photograph, **options)
    with monkeypatch.context() as patched:
        patched.setattr(quantize, "LARGE", 1)
        assert encode_png(photograph, **options) == one_block
    for module, name, value in ((row_blocks, "BLOCK", 1 << 12), (scratch, "LEAST", 1), (idat, "_BLOCK", 1 << 12)):
        monkeypatch.setattr(module, name, value)
    assert encode_png(photograph, **options) == one_block
    assert encode_png(mapped, **options) == one_block
    monkeypatch.setattr(idat, "LARGE", 1 << 12)
    monkeypatch.setattr(rate_distortion, "_PART", 1 << 13)
    monkeypatch.setattr(quantize, "LARGE", 1)
    in_parts = encode_png(photograph, **options)
    encode_png(mapped, to=tmp_path / "picture.png", **options)
    assert (tmp_path / "picture.png").read_bytes() == in_parts


def stored(kind, picture, folder):
    if kind == "memmap":
        np.save(folder / "picture.npy", np.moveaxis(picture, -1, 0))
        return np.moveaxis(np.load(folder / "picture.npy", mmap_mode="r"), 0, -1)
    if kind == "zarr":
        zarr = pytest.importorskip("zarr")
        array = zarr.open(
            str(folder / "picture.zarr"), mode="w", shape=picture.shape, chunks=(50, 70, 3), dtype=picture.dtype
        )
        array[:] = picture
        return array
    dask_array = pytest.importorskip("dask.array")
    return dask_array.from_array(picture, (50, 70, 2))


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        *(("dask", dtype) for dtype in (np.uint8, np.uint16, np.float32, bool)),
        *(("memmap", dtype) for dtype in (np.uint8, np.uint16)),
        *(("zarr", dtype) for dtype in (np.float32, bool)),
    ],
)
@pytest.mark.usefixtures("many_blocks")
def test_stored_pictures_give_the_bytes_of_memory(photograph, tmp_path, kind, dtype):
    picture = {
        np.uint8: photograph,
        np.uint16: photograph.astype(np.uint16) * 257,
        np.float32: (photograph / 255).astype(np.float32),
        bool: photograph > 127,
    }[dtype]
    options = {"n_colors": 30, "lossy": 0, "compression": "fast"}
    assert encode_png(stored(kind, picture, tmp_path), **options) == encode_png(picture, **options)


@pytest.mark.usefixtures("many_blocks")
def test_bands_may_come_first(photograph):
    dask_array = pytest.importorskip("dask.array")
    first = dask_array.from_array(np.moveaxis(photograph, -1, 0), (1, 64, 80))
    assert encode_png(first, channel_axis=0, lossy=0) == encode_png(photograph, lossy=0)


@pytest.mark.usefixtures("many_blocks")
def test_each_chunk_is_read_once(photograph):
    dask_array = pytest.importorskip("dask.array")
    calls = []

    def read(block_info=None):
        calls.append(block_info[None]["chunk-location"])
        return photograph[tuple(slice(*ends) for ends in block_info[None]["array-location"])]

    picture = dask_array.map_blocks(read, chunks=((40, 40, 40, 20), (40, 40), (3,)), dtype=np.uint8)
    assert encode_png(picture, n_colors=16) == encode_png(photograph, n_colors=16)
    assert sorted(calls) == [(row, column, 0) for row in range(4) for column in range(2)]


def test_what_is_no_picture_is_refused_before_it_is_read():
    dask_array = pytest.importorskip("dask.array")

    def never(block):
        raise AssertionError("it was read")

    def lazy(shape, dtype):
        return dask_array.zeros(shape, chunks=2, dtype=dtype).map_blocks(
            never, dtype=dtype, meta=np.zeros((0,) * len(shape), dtype)
        )

    for shape, dtype, error, message in (
        ((4, 4, 3), object, TypeError, "image has dtype object; a picture is uint8"),
        ((4, 0, 3), np.uint8, ValueError, r"image is empty: its shape is \(4, 0, 3\)"),
        ((4,), np.uint8, ValueError, r"image has shape \(4,\)"),
    ):
        with pytest.raises(error, match=message):
            encode_png(lazy(shape, dtype))
    unknown = dask_array.zeros((4, 4, 3), chunks=2, dtype=np.uint8)
    unknown = unknown[unknown[:, 0, 0] == 0]
    with pytest.raises(ValueError, match=r"image has shape .*call compute_chunk_sizes"):
        encode_png(unknown)


def test_a_block_of_nan_is_refused(photograph):
    dask_array = pytest.importorskip("dask.array")
    picture = photograph / 255
    picture[100:120, 20:30] = np.nan
    with pytest.raises(ValueError, match="image holds NaN or infinity"):
        encode_png(dask_array.from_array(picture, (50, 70, 3)))


def test_no_part_of_a_file_is_left_where_reading_fails(photograph, tmp_path):
    dask_array = pytest.importorskip("dask.array")

    def broken(block, block_info=None):
        if block_info[0]["chunk-location"][0] == 2:
            raise OSError("block 2 cannot be read")
        return block

    picture = dask_array.from_array(photograph, (50, 80, 3)).map_blocks(
        broken, dtype=np.uint8, meta=np.zeros((0, 0, 0), np.uint8)
    )
    target = tmp_path / "picture.png"
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="block 2 cannot be read"):
        encode_png(picture, to=target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("many_blocks")
def test_masked_blocks_are_transparent(photograph):
    dask_array = pytest.importorskip("dask.array")
    masked = np.ma.MaskedArray(photograph, np.broadcast_to(photograph[..., 2:] > 200, photograph.shape))
    lazy = dask_array.from_array(masked, (100, 80, 3))
    assert encode_png(lazy, lossy=0, n_colors=20) == encode_png(masked, lossy=0, n_colors=20)


@pytest.mark.usefixtures("many_blocks")
def test_what_is_made_of_a_stored_picture_lies_in_files(photograph, tmp_path, monkeypatch):
    made = []

    def counted(shape, dtype):
        made.append((shape, np.dtype(dtype)))
        return scratch.array_in_file(shape, dtype)

    monkeypatch.setattr(frames, "array_in_file", counted)
    encode_png(stored("zarr", photograph, tmp_path))
    indices = [dtype for shape, dtype in made if shape == photograph.shape[:2]]
    assert indices.count(np.uint8) >= 2  # fitted, and searched
    made.clear()
    encode_png(photograph)
    assert not made


class OnlyDLPack:
    """Memory that says only by DLPack what it is."""

    def __init__(self, array, device=(1, 0)):
        self.array, self.device = array, device

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device


def test_dlpack_is_read(photograph):
    picture = photograph[:40, :50].copy()
    assert encode_png(OnlyDLPack(picture), n_colors=8) == encode_png(picture, n_colors=8)
    indices = KMeansQuantizer(8).fit_transform(OnlyDLPack(picture))
    np.testing.assert_array_equal(indices, KMeansQuantizer(8).fit_transform(picture))
    assert len(KMeansQuantizer(8).fit_transform([OnlyDLPack(picture), picture])) == 2


def test_memory_of_a_device_is_refused_with_what_to_call(photograph):
    for call in (encode_png, KMeansQuantizer(8).fit):
        with pytest.raises(TypeError, match=r"is a OnlyDLPack on a device \(CUDA\): .* by \.cpu\(\) or \.get\(\)"):
            call(OnlyDLPack(photograph, device=(2, 0)))


@pytest.mark.usefixtures("many_blocks")
def test_an_estimator_reads_zarr(photograph, tmp_path):
    array = stored("zarr", photograph, tmp_path)
    quantizer = KMeansQuantizer(16)
    np.testing.assert_array_equal(quantizer.fit_transform(array), KMeansQuantizer(16).fit_transform(photograph))


def test_a_full_disk_is_an_error(photograph, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scratch, "LEAST", 1)
    monkeypatch.setattr(scratch, "_reserve", full)
    zarr = pytest.importorskip("zarr")
    with pytest.raises(OSError, match="No space left"):
        encode_png(zarr.array(photograph), to=BytesIO())
