#include "kernels/dither/dither.hpp"

#include <algorithm>

#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>

#include "bindings/arrays.hpp"

namespace pil_kmeans::bindings {
namespace {

using Origin = std::array<double, 4>;
using BandArray = In<std::int64_t, nb::shape<-1, 3>>;  // first pixel, height, width

DitherPalette palette_of(const PointArray& entries, const Vector<std::uint8_t>& opacity) {
    const std::size_t n = entries.shape(1);
    if (n < 1 || n > 65536) throw nb::value_error("a palette has 1 to 65536 entries");
    same_length(n, opacity.shape(0), "entries and opacity");
    if (std::any_of(opacity.data(), opacity.data() + n, [](std::uint8_t kind) { return kind > 2; }))
        throw nb::value_error("opacity must be 0, 1 or 2");
    if (std::any_of(entries.data(), entries.data() + 4 * n,
                    [](int x) { return x < -kMaxCoordinate || x > kMaxCoordinate; }))
        throw nb::value_error("coordinates of entries must be within +-8192");
    return {as_points(entries), reinterpret_cast<const Opacity*>(opacity.data())};
}

using MaskArray = std::optional<In<std::uint16_t, nb::shape<-1, -1>>>;

ThresholdMask mask_of(const MaskArray& mask) {
    if (!mask) return {nullptr, 0, 0};
    const std::size_t height = mask->shape(0), width = mask->shape(1);
    const std::uint16_t* const thresholds = mask->data();
    if (height * width == 0) throw nb::value_error("a mask has at least one threshold");
    if (std::find(thresholds, thresholds + height * width, 0) != thresholds + height * width)
        throw nb::value_error("thresholds must be 1 to 65535");
    return {thresholds, height, width};
}

DitherOptions options_of(const MaskArray& mask, int strength, int lightness_weight, int margin) {
    if (strength < 0 || strength > 256) throw nb::value_error("strength must be 0 to 256");
    if (lightness_weight < 8 || lightness_weight > 12) throw nb::value_error("lightness_weight must be 8 to 12");
    if (margin < 0 || margin > 3072) throw nb::value_error("margin must be 0 to 3072");
    return {mask_of(mask), strength, lightness_weight, margin};
}

template <typename Index, typename Sample>
auto dithered(const Pixels<Sample>& samples, std::size_t width, const PointArray& entries,
              const Vector<std::uint8_t>& opacity, const Origin& origin, double zoom, const MaskArray& mask,
              int strength, int lightness_weight, int margin, int n_threads) {
    const std::size_t n = samples.shape(0), n_channels = samples.shape(1);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (width == 0 || n % width) throw nb::value_error("width does not divide the number of pixels");
    const DitherPalette palette = palette_of(entries, opacity);
    const DitherOptions options = options_of(mask, strength, lightness_weight, margin);
    Buffer<Index> indices(n);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        dither(samples.data(), n / width, width, n_channels, Grid{origin, zoom}, palette, options, team,
               indices.begin());
    }
    return to_numpy(std::move(indices));
}

template <typename Sample>
nb::object dither_any(const Pixels<Sample>& samples, std::size_t width, const PointArray& entries,
                      const Vector<std::uint8_t>& opacity, const Origin& origin, double zoom, const MaskArray& mask,
                      int strength, int lightness_weight, int margin, int n_threads) {
    if (entries.shape(1) <= 256)
        return nb::cast(dithered<std::uint8_t>(samples, width, entries, opacity, origin, zoom, mask, strength,
                                               lightness_weight, margin, n_threads));
    return nb::cast(dithered<std::uint16_t>(samples, width, entries, opacity, origin, zoom, mask, strength,
                                            lightness_weight, margin, n_threads));
}

template <typename Sample>
auto residuals_of(const Pixels<Sample>& samples, const PointArray& entries, const Vector<std::uint8_t>& opacity,
                  const Origin& origin, double zoom, const BandArray& bands,
                  const std::optional<Vector<std::uint16_t>>& weights, const MaskArray& mask, int strength,
                  int lightness_weight, int margin, int n_threads) {
    const std::size_t n = samples.shape(0), n_channels = samples.shape(1), k = entries.shape(1),
                      n_bands = bands.shape(0);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (weights) same_length(n, weights->shape(0), "samples and weights");
    const DitherPalette palette = palette_of(entries, opacity);
    const DitherOptions options = options_of(mask, strength, lightness_weight, margin);
    std::vector<Band> checked(n_bands);
    for (std::size_t b = 0; b < n_bands; ++b) {
        const auto first = static_cast<std::size_t>(bands(b, 0)), height = static_cast<std::size_t>(bands(b, 1)),
                   width = static_cast<std::size_t>(bands(b, 2));
        if (width == 0 || height == 0 || first >= n || width > n - first || height > (n - first) / width)
            throw nb::value_error("a band lies outside of the picture");
        checked[b] = {first, height, width};
    }
    Buffer<std::int64_t> sums(4 * k), totals(k);
    Buffer<double> errors(n_bands);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        residuals(samples.data(), n_channels, Grid{origin, zoom}, palette, options, checked.data(), n_bands,
                  weights ? weights->data() : nullptr, team, sums.begin(), totals.begin(), errors.begin());
    }
    return nb::make_tuple(to_numpy(std::move(sums), {k, 4}), to_numpy(std::move(totals)), to_numpy(std::move(errors)));
}

}  // namespace

void register_dither(nb::module_& module) {
    using namespace nb::literals;
    const auto define = [&]<typename Sample>() {
        module.def("dither", &dither_any<Sample>, "samples"_a.noconvert(), "width"_a, "entries"_a.noconvert(),
                   "opacity"_a.noconvert(), "origin"_a, "zoom"_a, "mask"_a.none(), "strength"_a, "lightness_weight"_a,
                   "margin"_a, "n_threads"_a);
        module.def("residuals", &residuals_of<Sample>, "samples"_a.noconvert(), "entries"_a.noconvert(),
                   "opacity"_a.noconvert(), "origin"_a, "zoom"_a, "bands"_a.noconvert(), "weights"_a.none(),
                   "mask"_a.none(), "strength"_a, "lightness_weight"_a, "margin"_a, "n_threads"_a);
    };
    define.template operator()<std::uint8_t>();
    define.template operator()<std::uint16_t>();
}

}  // namespace pil_kmeans::bindings
