#include "kernels/dither/dither.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "bindings/arrays.hpp"

namespace pil_kmeans::bindings {
namespace {

using Origin = std::array<double, 4>;
using BandArray = In<std::int64_t, nb::shape<-1, 3>>;  // first pixel, height, width

using RootArray = In<float, nb::shape<-1, 4>>;
using ShareArray = In<std::uint8_t, nb::shape<kReach + 1, 2 * kReach + 1>>;

DitherPalette palette_of(const PointArray& entries, const RootArray& roots, const Vector<std::uint8_t>& opacity) {
    const std::size_t n = entries.shape(1);
    if (n < 1 || n > kMaxColors)
        throw std::invalid_argument("a palette has 1 to " + std::to_string(kMaxColors) + " entries");
    same_length(n, opacity.shape(0), "entries and opacity");
    same_length(n, roots.shape(0), "entries and roots");
    if (!std::all_of(roots.data(), roots.data() + roots.size(), [](float x) { return x >= 0 && x <= 1.01f; }))
        throw nb::value_error("roots must be from 0 to 1");
    if (std::any_of(opacity.data(), opacity.data() + n, [](std::uint8_t kind) { return kind > 2; }))
        throw nb::value_error("opacity must be 0, 1 or 2");
    return {checked_points(entries, "entries"), roots.data(), reinterpret_cast<const Opacity*>(opacity.data())};
}

// What the two rows above hand down, with two pixels of none at either end.
using HandedDown = std::optional<InOut<float, nb::shape<2, -1, 4>>>;

using MaskArray = std::optional<In<std::uint16_t, nb::shape<-1, -1>>>;

// The options, checked, and the memory of their mask.
class OwnedOptions {
  public:
    OwnedOptions(const Origin& origin, double zoom, const std::string& space, const MaskArray& mask,
                 const ShareArray& shares, int strength, int lightness_weight, int margin, bool into_hull) {
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
        if (mask && space != "oklab") throw nb::value_error("by a mask color_space must be 'oklab'");
        options_ = {{origin, zoom}, &color_space(space), tile,   checked_shares(shares),
                    strength,       lightness_weight,    margin, into_hull};
    }
    OwnedOptions(const OwnedOptions&) = delete;
    OwnedOptions& operator=(const OwnedOptions&) = delete;

    const DitherOptions& get() const { return options_; }

  private:
    static Shares checked_shares(const ShareArray& shares) {
        const int total = std::accumulate(shares.data(), shares.data() + shares.size(), 0);
        if (total == 0 || shares(0, 0) || shares(0, 1) || shares(0, 2))
            throw nb::value_error("shares are of pixels behind, and at least one of them is more than 0");
        Shares result;
        for (std::size_t y = 0; y < shares.shape(0); ++y)
            for (std::size_t x = 0; x < shares.shape(1); ++x)
                result[y][x] = static_cast<float>(shares(y, x)) / static_cast<float>(total);
        return result;
    }

    std::vector<std::uint16_t> thresholds_;
    DitherOptions options_;
};

// Errors as the kernel leaves them: at most twice the brightest light, over the least slope.
void check_errors(const HandedDown& errors, std::size_t width) {
    constexpr float kMost = 128;
    if (!errors) return;
    if (errors->shape(1) != width + 2 * kReach) throw nb::value_error("errors are those of width + 4 pixels");
    if (!std::all_of(errors->data(), errors->data() + errors->size(),
                     [](float e) { return -kMost <= e && e <= kMost; }))
        throw nb::value_error("an error is too large");
}

template <typename Sample>
nb::object indices_of(const Pixels<Sample>& samples, std::size_t width, const PointArray& entries,
                      const RootArray& roots, const Vector<std::uint8_t>& opacity, const OwnedOptions& options,
                      const HandedDown& handed_down, int n_threads) {
    const std::size_t n = samples.shape(0), n_channels = samples.shape(1);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (width == 0 || n % width) throw nb::value_error("width does not divide the number of pixels");
    check_errors(handed_down, width);
    const DitherPalette palette = palette_of(entries, roots, opacity);
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
auto residuals_of(const Pixels<Sample>& samples, const PointArray& entries, const RootArray& roots,
                  const Vector<std::uint8_t>& opacity, const OwnedOptions& options, const BandArray& bands,
                  const std::optional<Vector<std::uint16_t>>& weights, int n_threads) {
    const std::size_t n = samples.shape(0), n_channels = samples.shape(1), k = entries.shape(1),
                      n_bands = bands.shape(0);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (weights) same_length(n, weights->shape(0), "samples and weights");
    const DitherPalette palette = palette_of(entries, roots, opacity);
    std::vector<Band> checked(n_bands);
    for (std::size_t b = 0; b < n_bands; ++b) {
        const auto first = static_cast<std::size_t>(bands(b, 0)), height = static_cast<std::size_t>(bands(b, 1)),
                   width = static_cast<std::size_t>(bands(b, 2));
        if (width == 0 || height == 0 || first >= n || width > n - first || height > (n - first) / width)
            throw nb::value_error("a band lies outside of the picture");
        checked[b] = {first, height, width};
    }
    Buffer<std::int64_t> sums(4 * k), totals(k);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        residuals(samples.data(), n_channels, palette, options.get(), checked.data(), n_bands,
                  weights ? weights->data() : nullptr, team, sums.begin(), totals.begin());
    }
    return nb::make_tuple(to_numpy(std::move(sums), {k, 4}), to_numpy(std::move(totals)));
}

}  // namespace

void register_dither(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<OwnedOptions>(module, "DitherOptions")
        .def(nb::init<const Origin&, double, const std::string&, const MaskArray&, const ShareArray&, int, int, int,
                      bool>(),
             nb::kw_only(), "origin"_a, "zoom"_a, "color_space"_a, "mask"_a.none(), "shares"_a, "strength"_a,
             "lightness_weight"_a, "margin"_a, "into_hull"_a);
    const auto define = [&]<typename Sample>() {
        module.def("dither", &indices_of<Sample>, "samples"_a.noconvert(), "width"_a, "entries"_a.noconvert(),
                   "roots"_a.noconvert(), "opacity"_a.noconvert(), "options"_a, "handed_down"_a.noconvert().none(),
                   "n_threads"_a);
        module.def("residuals", &residuals_of<Sample>, "samples"_a.noconvert(), "entries"_a.noconvert(),
                   "roots"_a.noconvert(), "opacity"_a.noconvert(), "options"_a, "bands"_a.noconvert(),
                   "weights"_a.none(), "n_threads"_a);
    };
    define.template operator()<std::uint8_t>();
    define.template operator()<std::uint16_t>();
}

}  // namespace pil_kmeans::bindings
