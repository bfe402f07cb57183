#include "bindings/arrays.hpp"
#include "kernels/score/ssimulacra2.hpp"

namespace pil_kmeans::bindings {
namespace {

void check_scale(std::size_t first_scale) {
    if (first_scale >= kMostScales) throw nb::value_error("first_scale must be 0 to 5");
}

// What `make(team, pyramid)` writes, of colours of so many channels.
template <typename Make>
auto made_pyramid(std::size_t height, std::size_t width, std::size_t n_channels, double background,
                  std::size_t first_scale, int n_threads, const Make& make) {
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("samples must have 1 to 4 channels");
    if (!(background >= 0 && background <= 1)) throw nb::value_error("background must be 0 to 1");
    check_scale(first_scale);
    Buffer<float> pyramid(pyramid_size(height, width, first_scale));
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        make(team, pyramid.begin());
    }
    return to_numpy(std::move(pyramid));
}

template <typename Sample>
auto pyramid_of(const In<Sample, nb::ndim<3>>& samples, double background, std::size_t first_scale, int n_threads) {
    const std::size_t height = samples.shape(0), width = samples.shape(1), n_channels = samples.shape(2);
    const auto make = [&](Team& team, float* pyramid) {
        xyb_pyramid(samples.data(), height, width, n_channels, background, first_scale, team, pyramid);
    };
    return made_pyramid(height, width, n_channels, background, first_scale, n_threads, make);
}

template <typename Index, typename Sample>
auto pyramid_of_indices(const In<Index, nb::ndim<2>>& indices, const Pixels<Sample>& palette, double background,
                        std::size_t first_scale, int n_threads) {
    const std::size_t height = indices.shape(0), width = indices.shape(1), n_channels = palette.shape(1);
    const auto make = [&](Team& team, float* pyramid) {
        xyb_pyramid(indices.data(), height, width, palette.data(), palette.shape(0), n_channels, background,
                    first_scale, team, pyramid);
    };
    return made_pyramid(height, width, n_channels, background, first_scale, n_threads, make);
}

double score_of(const Vector<float>& a, const Vector<float>& b, std::size_t height, std::size_t width,
                std::size_t first_scale, int n_threads) {
    check_scale(first_scale);
    // Without a limit the size could overflow and agree with that of a small array.
    constexpr std::size_t most = std::size_t{1} << 28;
    if (height > most || width > most || a.shape(0) != pyramid_size(height, width, first_scale))
        throw nb::value_error("a is not the pyramid of a picture of this height and width");
    same_length(a.shape(0), b.shape(0), "a and b");
    const nb::gil_scoped_release unlocked;
    Team team(n_threads);
    return ssimulacra2(a.data(), b.data(), height, width, first_scale, team);
}

}  // namespace

void register_score(nb::module_& module) {
    using namespace nb::literals;
    module.def("xyb_pyramid", &pyramid_of<std::uint8_t>, "samples"_a.noconvert(), "background"_a, "first_scale"_a,
               "n_threads"_a);
    module.def("xyb_pyramid", &pyramid_of<std::uint16_t>, "samples"_a.noconvert(), "background"_a, "first_scale"_a,
               "n_threads"_a);
    const auto define = [&]<typename Index, typename Sample>() {
        module.def("xyb_pyramid_of_indices", &pyramid_of_indices<Index, Sample>, "indices"_a.noconvert(),
                   "palette"_a.noconvert(), "background"_a, "first_scale"_a, "n_threads"_a);
    };
    define.template operator()<std::uint8_t, std::uint8_t>();
    define.template operator()<std::uint8_t, std::uint16_t>();
    define.template operator()<std::uint16_t, std::uint8_t>();
    define.template operator()<std::uint16_t, std::uint16_t>();
    module.def("ssimulacra2", &score_of, "a"_a.noconvert(), "b"_a.noconvert(), "height"_a, "width"_a, "first_scale"_a,
               "n_threads"_a);
}

}  // namespace pil_kmeans::bindings
