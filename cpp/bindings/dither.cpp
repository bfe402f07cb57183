#include "kernels/dither/dither.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>

#include "bindings/arrays.hpp"

namespace pil_kmeans::bindings {
namespace {

using Origin = std::array<double, 4>;
using BandArray = In<std::int64_t, nb::shape<-1, 3>>;  // first pixel, height, width

DitherPalette palette_of(const PointArray& entries, const Vector<std::uint8_t>& opacity) {
    const std::size_t n = entries.shape(1);
    if (n < 1 || n > kMaxColors)
        throw std::invalid_argument("a palette has 1 to " + std::to_string(kMaxColors) + " entries");
    same_length(n, opacity.shape(0), "entries and opacity");
    if (std::any_of(opacity.data(), opacity.data() + n, [](std::uint8_t kind) { return kind > 2; }))
        throw nb::value_error("opacity must be 0, 1 or 2");
    return {checked_points(entries, "entries"), reinterpret_cast<const Opacity*>(opacity.data())};
}

// What the row above hands down, with a pixel of none at either end.
using HandedDown = std::optional<InOut<std::int32_t, nb::shape<-1, 4>>>;

using MaskArray = std::optional<In<std::uint16_t, nb::shape<-1, -1>>>;

// The options, checked, and the memory of their mask.
class OwnedOptions {
  public:
    OwnedOptions(const Origin& origin, double zoom, const MaskArray& mask, int strength, int lightness_weight,
                 int margin) {
        check_grid({origin, zoom});
        if (strength < 0 || strength > 256) throw nb::value_error("strength must be 0 to 256");
        if (lightness_weight < 8 || lightness_weight > 12) throw nb::value_error("lightness_weight must be 8 to 12");
        if (margin < 0 || margin > 3072) throw nb::value_error("margin must be 0 to 3072");
        ThresholdMask tile{nullptr, 0, 0};
        if (mask) {
            thresholds_.assign(mask->data(), mask->data() + mask->size());
            if (thresholds_.empty()) throw nb::value_error("a mask has at least one threshold");
            if (std::find(thresholds_.begin(), thresholds_.end(), 0) != thresholds_.end())
                throw nb::value_error("thresholds must be 1 to 65535");
            tile = {thresholds_.data(), mask->shape(0), mask->shape(1)};
        }
        options_ = {{origin, zoom}, tile, strength, lightness_weight, margin};
    }
    OwnedOptions(const OwnedOptions&) = delete;
    OwnedOptions& operator=(const OwnedOptions&) = delete;

    const DitherOptions& get() const { return options_; }

  private:
    std::vector<std::uint16_t> thresholds_;
    DitherOptions options_;
};

// Errors as the kernel leaves them: of a colour at most 256 times what two coordinates differ by.
void check_errors(const std::int32_t* errors, std::size_t n_pixels, std::size_t width) {
    constexpr std::int32_t kMost = 1 << 24;
    if (n_pixels != width + 2) throw nb::value_error("errors are those of width + 2 pixels");
    if (!std::all_of(errors, errors + 4 * n_pixels, [](std::int32_t e) { return -kMost <= e && e <= kMost; }))
        throw nb::value_error("an error is too large");
}

template <typename Sample>
nb::object indices_of(const Pixels<Sample>& samples, std::size_t width, const PointArray& entries,
                      const Vector<std::uint8_t>& opacity, const OwnedOptions& options, const HandedDown& handed_down,
                      int n_threads) {
    const std::size_t n = samples.shape(0), n_channels = samples.shape(1);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (width == 0 || n % width) throw nb::value_error("width does not divide the number of pixels");
    if (handed_down) check_errors(handed_down->data(), handed_down->shape(0), width);
    const DitherPalette palette = palette_of(entries, opacity);
    const auto dithered = [&]<typename Index>() {
        Buffer<Index> indices(n);
        {
            const nb::gil_scoped_release unlocked;
            Team team(n_threads);
            dither(samples.data(), n / width, width, n_channels, palette, options.get(), team,
                   handed_down ? handed_down->data() : nullptr, indices.begin());
        }
        return nb::cast(to_numpy(std::move(indices)));
    };
    return palette.entries.n <= kMaxByteColors ? dithered.template operator()<std::uint8_t>()
                                               : dithered.template operator()<std::uint16_t>();
}

template <typename Sample>
auto residuals_of(const Pixels<Sample>& samples, const PointArray& entries, const Vector<std::uint8_t>& opacity,
                  const OwnedOptions& options, const BandArray& bands,
                  const std::optional<Vector<std::uint16_t>>& weights, int n_threads) {
    const std::size_t n = samples.shape(0), n_channels = samples.shape(1), k = entries.shape(1),
                      n_bands = bands.shape(0);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (weights) same_length(n, weights->shape(0), "samples and weights");
    const DitherPalette palette = palette_of(entries, opacity);
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
        residuals(samples.data(), n_channels, palette, options.get(), checked.data(), n_bands,
                  weights ? weights->data() : nullptr, team, sums.begin(), totals.begin(), errors.begin());
    }
    return nb::make_tuple(to_numpy(std::move(sums), {k, 4}), to_numpy(std::move(totals)), to_numpy(std::move(errors)));
}

}  // namespace

void register_dither(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<OwnedOptions>(module, "DitherOptions")
        .def(nb::init<const Origin&, double, const MaskArray&, int, int, int>(), nb::kw_only(), "origin"_a, "zoom"_a,
             "mask"_a.none(), "strength"_a, "lightness_weight"_a, "margin"_a);
    const auto define = [&]<typename Sample>() {
        module.def("dither", &indices_of<Sample>, "samples"_a.noconvert(), "width"_a, "entries"_a.noconvert(),
                   "opacity"_a.noconvert(), "options"_a, "handed_down"_a.noconvert().none(), "n_threads"_a);
        module.def("residuals", &residuals_of<Sample>, "samples"_a.noconvert(), "entries"_a.noconvert(),
                   "opacity"_a.noconvert(), "options"_a, "bands"_a.noconvert(), "weights"_a.none(), "n_threads"_a);
    };
    define.template operator()<std::uint8_t>();
    define.template operator()<std::uint16_t>();
}

}  // namespace pil_kmeans::bindings
