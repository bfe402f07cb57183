"""xarray: a DataArray goes in, and one with its dimensions, coordinates and name comes out."""

import numpy as np
import pytest

from pil_kmeans import KMeansQuantizer, encode_png

xarray = pytest.importorskip("xarray")


@pytest.fixture(scope="module")
def scene(china):
    """A picture as rasters come: bands first, with coordinates and a scalar one that says where it lies."""
    samples = np.moveaxis(china[:40, :60], -1, 0)
    coords = {"band": [1, 2, 3], "y": np.arange(40) * 10.0, "x": np.arange(60) * 10.0, "spatial_ref": 32631}
    return xarray.DataArray(samples, coords, ("band", "y", "x"), name="scene")


@pytest.mark.parametrize("method", ["fit_transform", "fit_predict"])
@pytest.mark.parametrize("dims", [("band", "y", "x"), ("y", "x", "band"), ("y", "band", "x")])
@pytest.mark.parametrize("channel_axis", [-1, 0, 1, -3])
def test_indices_have_the_labels_of_the_picture(scene, china, method, dims, channel_axis):
    quantizer = KMeansQuantizer(8, channel_axis=channel_axis)
    indices = getattr(quantizer, method)(scene.transpose(*dims))
    assert indices.dims == ("y", "x")
    assert indices.name == "scene"
    assert set(indices.coords) == {"y", "x", "spatial_ref"}
    np.testing.assert_array_equal(indices, KMeansQuantizer(8).fit_transform(china[:40, :60]))
    xarray.testing.assert_identical(quantizer.transform(scene), indices)
    xarray.testing.assert_identical(quantizer.predict(scene), indices)


def test_colors_have_the_channels_of_the_picture(scene):
    quantizer = KMeansQuantizer(8, channel_axis=0)
    colors = quantizer.inverse_transform(quantizer.fit_transform(scene))
    assert colors.dims == scene.dims
    assert colors.shape == scene.shape
    assert colors.dtype == np.uint8
    np.testing.assert_array_equal(colors.x, scene.x)


def test_channels_without_a_known_name_are_where_channel_axis_says(scene):
    renamed = scene.rename(band="spectrum").drop_vars("spectrum")
    indices = KMeansQuantizer(8, channel_axis=0).fit_transform(renamed)
    np.testing.assert_array_equal(indices, KMeansQuantizer(8).fit_transform(scene))


def test_two_names_of_channels_are_refused(scene):
    with pytest.raises(ValueError, match="X has the dimensions 'band' and 'c', either of which may be the channels"):
        KMeansQuantizer(8).fit(scene.rename(x="c"))


def test_stacks_and_lists_keep_their_labels(scene):
    stack = xarray.concat([scene, scene.copy()], "time")
    indices = KMeansQuantizer(8).fit_transform(stack)
    assert indices.dims == ("time", "y", "x")
    first, second = KMeansQuantizer(8).fit_transform([scene, scene[:, :20]])
    assert first.sizes == {"y": 40, "x": 60}
    assert second.sizes == {"y": 20, "x": 60}


def test_grey_pictures_need_no_channels(scene):
    indices = KMeansQuantizer(4, channel_axis=None).fit_transform(scene[0])
    assert indices.dims == ("y", "x")
    assert KMeansQuantizer(4).fit_transform(scene[:1]).dims == ("y", "x")


def test_what_is_missing_is_masked(scene):
    known = scene.astype(np.float32) / 255
    indices = KMeansQuantizer(8, masked=255).fit_transform(known.where(scene.x < 300))
    assert (indices.sel(x=slice(300, None)) == 255).all()
    assert (indices.sel(x=slice(None, 290)) < 8).all()
    assert indices.dtype == np.uint8


def test_a_png_of_it_is_that_of_its_samples(scene, china):
    assert encode_png(scene, n_colors=8) == encode_png(china[:40, :60], n_colors=8)


def test_lazy_pictures_give_lazy_indices(scene, china):
    pytest.importorskip("dask.array")
    lazy = scene.chunk({"y": 16, "x": 25, "band": 1})
    quantizer = KMeansQuantizer(8)
    indices = quantizer.fit(lazy).transform(lazy)
    assert indices.chunks == ((16, 16, 8), (25, 25, 10))
    assert indices.dims == ("y", "x")
    xarray.testing.assert_identical(indices.compute(), KMeansQuantizer(8).fit_transform(scene))
    colors = quantizer.inverse_transform(indices)
    assert colors.chunks is not None
    assert colors.sizes == {"y": 40, "x": 60, "band": 3}
    assert encode_png(lazy, n_colors=8) == encode_png(scene, n_colors=8)


def test_what_is_missing_in_lazy_pictures_is_masked(scene):
    pytest.importorskip("dask.array")
    known = (scene.astype(np.float32) / 255).where(scene.x < 300)
    lazy = known.chunk({"y": 16, "x": 25})
    indices = KMeansQuantizer(8, masked=255).fit(lazy).transform(lazy)
    assert indices.chunks is not None
    xarray.testing.assert_identical(indices.compute(), KMeansQuantizer(8, masked=255).fit_transform(known))
