"""Dask arrays: palettes as in memory whatever the blocks, lazy results, and errors before anything is read."""

import pickle
import re
import subprocess
import sys

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from dask.callbacks import Callback
from distributed import Client, LocalCluster
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pil_kmeans import KMeansQuantizer
from pil_kmeans.stages import block_work
from pil_kmeans.stages.tally import LEAST_BUDGET
from reference.killed import slow

KINDS = [(np.uint8, 3), (np.uint8, 4), (np.uint16, 3), (np.float32, 2), (np.float32, 1), (np.bool_, 3)]
CHUNKS = [(57, 83, -1), (17, 17, 1), (9, 100, -1), (1, 83, 2), ((20, 0, 30, 7), (3, 80), -1)]


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster


def made(*shape, dtype=np.uint8, seed=0):
    """Noise on one half and a ramp on the other; some pixels transparent, at first with different colours."""
    values = np.random.default_rng(seed).random(shape) ** 2
    values[..., : shape[-2] // 2, :] = np.linspace(0, 0.7, shape[-2] // 2)[:, np.newaxis]
    if shape[-1] % 2 == 0:
        values[..., -1] = np.clip(3 * np.random.default_rng(seed).random(shape[:-1]) - 1, 0, 1)
    if dtype == np.bool_:
        return values > 0.3
    return (values * (1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max)).astype(dtype)


def assert_same_fit(a, b):
    np.testing.assert_array_equal(a.cluster_centers_, b.cluster_centers_)
    np.testing.assert_array_equal(a.palette_, b.palette_)
    assert a.inertia_ == b.inertia_


def assert_lazy(result, expected):
    """A Dask array that knows what it will be, and becomes that."""
    assert isinstance(result, da.Array)
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    assert type(result._meta) is np.ndarray
    assert (result._meta.ndim, result._meta.dtype) == (expected.ndim, expected.dtype)
    np.testing.assert_array_equal(result.compute(), expected, strict=True)
    last = result.blocks[(-1,) * result.ndim]
    assert last.compute().shape == last.shape


@pytest.mark.parametrize(
    ("dtype", "n_channels", "chunks", "weighted"),
    [(np.uint8, 3, chunks, i % 2 == 0) for i, chunks in enumerate(CHUNKS)]
    + [(*kind, CHUNKS[i % 2 + 1], weighted) for i, kind in enumerate(KINDS[1:]) for weighted in (False, True)],
)
def test_palette_and_indices_are_those_in_memory(dtype, n_channels, chunks, weighted):
    picture = made(57, 83, n_channels, dtype=dtype)
    weight = np.random.default_rng(1).random((57, 83)) if weighted else None
    expected = KMeansQuantizer(6, n_threads=1).fit(picture, sample_weight=weight)
    X = da.from_array(picture, chunks=chunks)
    lazy_weight = da.from_array(weight, chunks=(30, 30)) if weighted else None
    quantizer = KMeansQuantizer(6, n_threads=1).fit(X, sample_weight=lazy_weight)
    assert_same_fit(quantizer, expected)
    indices = quantizer.transform(X)
    assert indices.chunks == X.chunks[:2]
    with dask.config.set(scheduler="threads", num_workers=2):
        assert_lazy(indices, expected.transform(picture))
    assert_lazy(quantizer.inverse_transform(indices), expected.inverse_transform(expected.transform(picture)))
    assert quantizer.score(X, sample_weight=weight) == pytest.approx(-expected.inertia_)


@pytest.mark.parametrize("chunks", [(1, -1, -1, -1), (3, 10, 12, 1), (2, 40, 9, -1)])
def test_stacks_are_as_in_memory(chunks):
    stack = made(4, 40, 30, 3)
    X = da.from_array(stack, chunks=chunks)
    expected = KMeansQuantizer(6).fit(stack)
    quantizer = KMeansQuantizer(6)
    assert_lazy(quantizer.fit_transform(X), expected.labels_)
    assert_lazy(quantizer.fit_predict(X), expected.labels_)
    assert_lazy(quantizer.labels_, expected.labels_)
    assert_same_fit(quantizer, expected)
    for axis, moved in ((0, np.moveaxis(stack, -1, 1)), (-2, np.moveaxis(stack, -1, 2)), (None, stack[..., 0])):
        lazy = KMeansQuantizer(6, channel_axis=axis).fit(da.from_array(moved, chunks=(1, 13, 30, 40)[: moved.ndim]))
        eager = KMeansQuantizer(6, channel_axis=axis).fit(moved)
        assert_same_fit(lazy, eager)
        indices = eager.predict(moved)
        assert_lazy(lazy.inverse_transform(da.from_array(indices, chunks=(2, 30, 9))), eager.inverse_transform(indices))


@pytest.mark.parametrize("options", [{"effort": "fast"}, {"color_space": "srgb"}, {"weighting": "uniform"}])
def test_options_are_as_in_memory(options):
    picture = made(70, 90, 3)
    X = da.from_array(picture, chunks=(33, 41, 3))
    assert_same_fit(KMeansQuantizer(6, **options).fit(X), KMeansQuantizer(6, **options).fit(picture))


def test_large_pictures_look_at_the_same_rows():
    """Of which only one of some is looked at, in blocks whose borders are anywhere between."""
    picture = np.random.default_rng(0).integers(0, 256, (1030, 1040, 3), np.uint8)
    picture[300:500] //= 16
    X = da.from_array(picture, chunks=((331, 9, 690), (400, 640), 3))
    assert_same_fit(KMeansQuantizer(4).fit(X), KMeansQuantizer(4).fit(picture))


def test_above_max_bins_the_palette_does_not_depend_on_the_blocks():
    picture = np.random.default_rng(0).integers(0, 256, (700, 800, 3), np.uint8)
    options = {"n_colors": 8, "max_bins": LEAST_BUDGET}
    expected = KMeansQuantizer(**options).fit(picture)
    for chunks in ((300, 800, 3), (700, 100, 3)):
        assert_same_fit(KMeansQuantizer(**options).fit(da.from_array(picture, chunks=chunks)), expected)


@pytest.mark.parametrize(
    ("dtype", "n_channels", "chunks", "weighted"),
    [
        (np.uint8, 3, (17, 19, -1), False),
        (np.uint8, 3, (57, 30, 1), True),
        (np.uint8, 4, (20, 83, -1), False),
        (np.uint16, 3, (16, 16, -1), False),
        (np.float32, 2, (30, 40, -1), True),
        (np.float64, 1, (57, 83, -1), False),
    ],
)
def test_masked_blocks_are_as_in_memory(dtype, n_channels, chunks, weighted):
    rng = np.random.default_rng(0)
    masked = rng.random((57, 83)) < 0.3
    masked[:20, :40] = masked[40:] = True
    masked[30:33] = False
    picture = np.ma.MaskedArray(made(57, 83, n_channels, dtype=dtype), np.repeat(masked[..., None], n_channels, 2))
    if picture.dtype.kind == "f":
        picture.data[:20, :30] = np.nan  # behind the mask
    weight = rng.random((57, 83)) if weighted else None
    expected = KMeansQuantizer(6, masked=200).fit(picture, sample_weight=weight)
    X = da.from_array(picture, chunks=chunks)
    quantizer = KMeansQuantizer(6, masked=200).fit(X, sample_weight=weight)
    assert_same_fit(quantizer, expected)
    indices = quantizer.transform(X)
    assert isinstance(indices._meta, np.ma.MaskedArray)
    found, whole = indices.compute(), expected.transform(picture)
    assert found.dtype == indices.dtype == whole.dtype
    np.testing.assert_array_equal(found.data, whole.data)
    np.testing.assert_array_equal(np.ma.getmaskarray(found), masked)
    colors = quantizer.inverse_transform(indices).compute()
    np.testing.assert_array_equal(np.ma.getmaskarray(colors), picture.mask)
    np.testing.assert_array_equal(colors.compressed(), expected.inverse_transform(whole).compressed())
    with pytest.raises(np.ma.MaskError, match="not compatible"):  # a mask of another shape, by Dask
        da.ma.masked_array(X, mask=masked[:-1])
    nothing = da.ma.masked_array(X, mask=True)
    with pytest.raises(ValueError, match="X is masked everywhere"):
        KMeansQuantizer(6).fit(nothing)
    assert (quantizer.transform(nothing).compute().data == 200).all()


def test_partial_fit_and_merge_of_lazy_parts_are_one_fit():
    pictures = [made(30, 40, 3, seed=seed) for seed in range(3)]
    lazy = [da.from_array(picture, chunks=(20, 20, 3)) for picture in pictures]
    expected = KMeansQuantizer(6).fit(pictures)
    quantizer = KMeansQuantizer(6).partial_fit(lazy[1]).partial_fit(pictures[0])
    assert_same_fit(quantizer.merge(KMeansQuantizer(6).fit(lazy[2])), expected)
    assert not hasattr(quantizer, "labels_")


@pytest.mark.parametrize("dither", ["ordered", "blue-noise"])
def test_masks_go_on_across_blocks(dither):
    picture = made(90, 100, 3)
    X = da.from_array(picture, chunks=((13, 70, 7), 31, 3))
    quantizer = KMeansQuantizer(6, dither=dither)
    lazy = quantizer.fit_transform(X)
    whole = quantizer.transform(picture)
    assert_lazy(lazy, whole)
    assert (whole != quantizer.predict(picture)).any()
    np.testing.assert_array_equal(quantizer.palette_, KMeansQuantizer(6).fit(picture).palette_)  # it is not refitted


def test_floyd_steinberg_takes_pictures_of_one_block_and_refuses_others():
    stack = made(3, 40, 30, 3)
    quantizer = KMeansQuantizer(6, dither="floyd-steinberg")
    lazy = quantizer.fit_transform(da.from_array(stack, chunks=(2, -1, -1, 1)))
    assert_lazy(lazy, quantizer.transform(stack))
    split = da.from_array(stack, chunks=(1, 20, -1, -1))
    message = "hands the errors of each pixel on.*pictures of 2 blocks.*blue-noise.*X.rechunk"
    for call in (quantizer.transform, KMeansQuantizer(6, dither="floyd-steinberg").fit):
        with pytest.raises(ValueError, match=message):
            call(split)
    with pytest.raises(ValueError, match="dither='auto' looks at whole pictures"):
        KMeansQuantizer(6, dither="auto").fit(split)


def test_pictures_of_few_colors_keep_them_undithered():
    picture = made(30, 40, 3) // 128 * 255
    X = da.from_array(picture, chunks=(10, 10, 3))
    quantizer = KMeansQuantizer(16, dither="ordered")
    np.testing.assert_array_equal(quantizer.inverse_transform(quantizer.fit_transform(X)), picture)


class Reads:
    """An array that notes what is read of it."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.ndim = array, array.shape, array.dtype, array.ndim
        self.n = np.zeros(array.shape[:2], int)

    def __getitem__(self, where):
        self.n[where[:2]] += 1
        return self.array[where]


def test_fit_reads_every_block_once_and_transform_none():
    reads = Reads(made(60, 70, 3))
    X = da.from_array(reads, chunks=(20, 9, 3), asarray=True)
    quantizer = KMeansQuantizer(5, dither="blue-noise").fit(X)
    assert (reads.n == 1).all()
    lazy = [quantizer.transform(X), quantizer.predict(X), quantizer.labels_]
    lazy.append(quantizer.inverse_transform(lazy[0]))
    assert (reads.n == 1).all()
    lazy[0].blocks[1, 2].compute()
    assert reads.n.sum() == 60 * 70 + 20 * 9


@pytest.mark.parametrize(("shape", "options"), [((320, 320, 3), {}), ((320, 320), {"channel_axis": None})])
def test_all_that_is_done_to_count_a_block_is_one_task(shape, options):
    """Of which Dask takes milliseconds each; and what one task hands on to another stays in memory."""
    n_tasks = []
    with Callback(start=lambda graph: n_tasks.append(len(graph))):
        KMeansQuantizer(4, **options).fit(da.zeros(shape, dtype=np.uint8, chunks=40))
    blocks, joins, edges, seams, tree = 64, 8, 8, 1, 2
    assert n_tasks == [blocks + joins + edges + seams + tree]


def test_blocks_that_are_made_anew_are_counted_several_in_a_task():
    """With 64 tasks at least, if there are as many blocks, here two in each; one whose making fails is named."""
    picture = made(240, 240, 3)
    store = Reads(picture)
    n_tasks = []
    for X, n_common in (
        (da.from_array(store, chunks=(20, 20, 3), asarray=True, inline_array=False), 1),
        (da.from_array(store, chunks=(20, 20, 3), asarray=True, inline_array=True), 0),
    ):
        with Callback(start=lambda graph: n_tasks.append(len(graph))):
            quantizer = KMeansQuantizer(6).fit(X)
        counts, seams, tree_of_seams, tree = 72, 3, 1, 9 + 2 + 1
        assert n_tasks.pop() == n_common + counts + counts + seams + tree_of_seams + tree  # twice: also their edges
        assert_same_fit(quantizer, KMeansQuantizer(6).fit(picture))
    assert (store.n == 2).all()
    with pytest.raises(OSError, match="tile 1 cannot be read") as raised:
        KMeansQuantizer(6).fit(X.map_blocks(failing, dtype=X.dtype))
    [note] = raised.value.__notes__
    assert re.fullmatch(r"in making the block that begins at X\[0, 20:40, \d+:\d+\]", note)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_weights_and_masks_of_blocks_counted_together_are_their_own(is_weighted):
    picture, rng = made(240, 240, 3), np.random.default_rng(3)
    weights = rng.integers(0, 4, (240, 240)).astype(float) if is_weighted else None
    masked = np.ma.MaskedArray(picture, np.broadcast_to(rng.random((240, 240, 1)) < 0.3, picture.shape))
    for known in (picture, masked)[not is_weighted :]:
        lazy = da.from_array(known, chunks=(20, 20, 3))
        lazy_weights = None if weights is None else da.from_array(weights, chunks=(20, 20))
        fitted = KMeansQuantizer(6).fit(lazy, sample_weight=lazy_weights)
        assert_same_fit(fitted, KMeansQuantizer(6).fit(known, sample_weight=weights))


def test_tables_of_colors_are_used_again_and_given_back():
    X = da.from_array(made(60, 70, 3), chunks=(20, 30, 3))
    spare = []

    def noted(block):
        spare.append(len(block_work._spare_tables))
        return block

    expected = KMeansQuantizer(6).fit(X)
    assert_same_fit(KMeansQuantizer(6).fit(X.map_blocks(noted, dtype=X.dtype, meta=X._meta)), expected)
    assert (spare[0], spare[-1], max(spare)) == (0, 1, 1)
    assert not block_work._spare_tables


@pytest.mark.parametrize(("dtype", "n_channels"), KINDS)
@pytest.mark.parametrize("color_space", ["oklab", "srgb"])
def test_rows_of_a_block_that_are_mapped_at_a_time_change_nothing(monkeypatch, dtype, n_channels, color_space):
    X = da.from_array(made(57, 83, n_channels, dtype=dtype), chunks=(40, 50, n_channels))
    indices = KMeansQuantizer(6, color_space=color_space).fit_transform(X)
    expected = indices.compute()
    monkeypatch.setattr(block_work, "_MAPPED_AT_ONCE", 170)
    np.testing.assert_array_equal(indices.compute(), expected)


def test_scikit_learn_sees_an_estimator_like_others():
    picture = made(40, 50, 3)
    X = da.from_array(picture, chunks=(15, 15, 3))
    pipeline = make_pipeline(FunctionTransformer(lambda x: x // 2), KMeansQuantizer(6))
    expected = clone(pipeline).fit_transform(picture)
    assert_lazy(pipeline.fit_transform(X), expected)
    quantizer = pipeline[-1].set_params(n_colors=3)
    assert quantizer.fit(X).n_colors_ == 3
    assert quantizer.n_features_in_ == 3
    restored = pickle.loads(pickle.dumps(quantizer))
    assert_same_fit(restored, quantizer)
    assert len(pickle.dumps(quantizer)) < 4 * picture.nbytes


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (da.zeros((9, 9, 3), dtype=object, chunks=9), TypeError, "X has dtype object"),
        (da.zeros((9, 9, 3), dtype="i4"), TypeError, "X has dtype int32; .*astype"),
        (da.zeros((9, 9, 7), dtype="u1"), ValueError, "X has 7 channels"),
        (da.zeros((9, 3)), ValueError, "X is a dask array of shape .*, a matrix.*X.compute"),
        (da.zeros((2, 2, 9, 9, 3)), ValueError, "with channel_axis=-1 a picture has 3 axes"),
        (da.zeros((0, 9, 3), dtype="u1"), ValueError, "X is empty"),
        (da.zeros((0, 9, 9, 3), dtype="u1"), ValueError, "X is empty"),
        ([da.zeros((9, 9, 3), dtype="u1")], TypeError, "X.0. is a dask array.*partial_fit.*dask.array.stack"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_it_is_read(X, error, message):
    for method in ("fit", "partial_fit", "fit_transform"):
        with pytest.raises(error, match=message):
            getattr(KMeansQuantizer(4), method)(X)


class Foreign:
    """What stands for arrays of another library."""

    shape, dtype, ndim = (0, 0, 0), np.dtype("f8"), 3


def test_blocks_of_unknown_size_or_other_kind_are_refused():
    X = da.ones((9, 9, 3), chunks=(3, 9, 3))
    with pytest.raises(ValueError, match=r"blocks of unknown sizes.*compute_chunk_sizes\(\) first"):
        KMeansQuantizer(4).fit(X[X[:, 0, 0] > 0])
    other = da.ones((9, 9, 3), chunks=3)
    other._meta = Foreign()
    with pytest.raises(TypeError, match=r"blocks of X are .*Foreign; they must be NumPy arrays.*map_blocks"):
        KMeansQuantizer(4).fit(other)


def test_weights_and_later_pictures_must_agree():
    X = da.from_array(made(20, 30, 3), chunks=(10, 10, 3))
    for weight, error, message in (
        (da.ones((20, 31)), ValueError, r"sample_weight has shape \(20, 31\); it must have the shape \(20, 30\)"),
        (np.ones((3, 3)), ValueError, "sample_weight has shape"),
        (da.ones((20, 30), dtype=object, chunks=10), TypeError, "sample_weight has dtype object"),
        (da.zeros((20, 30)), ValueError, "at least one non-zero"),
        (-da.ones((20, 30)), ValueError, "must not be negative"),
    ):
        with pytest.raises(error, match=message):
            KMeansQuantizer(4).fit(X, sample_weight=weight)
    quantizer = KMeansQuantizer(4).fit(X)
    for other, message in ((X.astype("u2"), "X has dtype uint16"), (X[..., :2], "X has 2 channels")):
        for method in ("partial_fit", "transform", "predict", "score"):
            with pytest.raises(ValueError, match=message):
                getattr(quantizer, method)(other)
    for indices, error, message in (
        (da.zeros((5, 5)), TypeError, "must be integers"),
        (da.zeros(5, dtype="u1"), ValueError, "must have shape"),
    ):
        with pytest.raises(error, match=message):
            quantizer.inverse_transform(indices)
    with pytest.raises(ValueError, match="from 0 to 3"):
        quantizer.inverse_transform(da.full((5, 5), 4)).compute()
    with pytest.raises(TypeError, match="to_indexed needs pictures in memory"):
        quantizer.to_indexed(X)


def failing(block, block_info=None):
    if block_info[0]["chunk-location"][0] == 1:
        raise OSError("tile 1 cannot be read")
    return block


def test_errors_of_blocks_are_those_of_blocks():
    values = made(40, 30, 3, dtype=np.float32)
    values[25, 3] = np.nan
    X = da.from_array(values, chunks=(20, 30, 3))
    with pytest.raises(ValueError, match=r"X\[0, 20:40, 0:30\] holds NaN or infinity"):
        KMeansQuantizer(4).fit(X)
    broken = X.map_blocks(failing, dtype=X.dtype)
    quantizer = KMeansQuantizer(4).fit(X[:20])
    before = quantizer.palette_
    for method in ("fit", "partial_fit"):
        with pytest.raises(OSError, match="tile 1 cannot be read"):
            getattr(quantizer, method)(broken)
        np.testing.assert_array_equal(quantizer.palette_, before)


def test_no_library_of_arrays_is_imported_for_others():
    program = (
        "import sys; import numpy as np; import pil_kmeans; q = pil_kmeans.KMeansQuantizer(2);"
        "x = np.zeros((4, 4, 3), np.uint8); q.fit(x); q.partial_fit(x); q.inverse_transform(q.transform(x));"
        "pil_kmeans.encode_png(x); libraries = {'dask', 'distributed', 'xarray', 'zarr', 'torch', 'h5py'};"
        "print([name for name in sys.modules if name.split('.')[0] in libraries])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_processes_of_dask_fit_the_same():
    picture = made(60, 70, 3)
    with dask.config.set(scheduler="processes", num_workers=1):
        quantizer = KMeansQuantizer(6).fit(da.from_array(picture, chunks=(30, 30, 3)))
    assert_same_fit(quantizer, KMeansQuantizer(6).fit(picture))


def test_cluster_fits_and_writes_to_zarr(cluster, tmp_path):
    picture = made(120, 90, 4)
    store = zarr.create_array(str(tmp_path / "picture.zarr"), shape=picture.shape, dtype="u1", chunks=(40, 40, 4))
    store[:] = picture
    expected = KMeansQuantizer(6).fit(picture)
    with Client(cluster, set_as_default=False) as client, client.as_current(), dask.config.set(scheduler=client):
        quantizer = KMeansQuantizer(6)
        indices = quantizer.fit_transform(da.from_zarr(str(tmp_path / "picture.zarr")))
        indices.to_zarr(str(tmp_path / "indices.zarr"))
    assert_same_fit(quantizer, expected)
    np.testing.assert_array_equal(zarr.open_array(str(tmp_path / "indices.zarr"))[:], expected.labels_)


def test_killed_worker_does_not_change_the_palette(cluster, tmp_path):
    picture = made(120, 90, 3)
    X = da.from_array(picture, chunks=(30, 30, 3)).map_blocks(slow, tmp_path, dtype=np.uint8)
    with Client(cluster, set_as_default=False) as client, client.as_current(), dask.config.set(scheduler=client):
        quantizer = KMeansQuantizer(6).fit(X)
    assert (tmp_path / "killed").exists()
    assert_same_fit(quantizer, KMeansQuantizer(6).fit(picture))
